"""Reads a call from HTTP: query, form, JSON or multipart, the files streamed to disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import BodyPartReader, web

from fetchgram_sandbox.errors import bad_request
from fetchgram_sandbox.files import FileStore, Upload
from fetchgram_sandbox.methods.attach import check_upload
from fetchgram_sandbox.objects import Json
from fetchgram_sandbox.params import Params

_CHUNK_BYTES = 256 * 1024
_MOST_FIELD_BYTES = 1024 * 1024


async def read_params(request: web.Request, store: FileStore, limit_bytes: int) -> Params:
    """Return the parameters of a call; what came before a refusal is deleted.

    Raises:
        ApiError: A file is too large, or the body cannot be read.
    """
    values: Json = dict(request.query)
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request, store, limit_bytes, values)
    if request.content_type == "application/json":
        values |= await _read_json(request)
    else:
        values |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    return Params(values)


async def _read_json(request: web.Request) -> Json:
    try:
        body = await request.json()
    except ValueError as error:
        raise bad_request("can't parse JSON object") from error
    if not isinstance(body, dict):
        raise bad_request("can't parse JSON object: expected an Object")
    return body


async def _read_multipart(request: web.Request, store: FileStore, limit_bytes: int, values: Json) -> Params:
    uploads: dict[str, Upload] = {}
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                continue
            if part.filename is None:
                values[part.name] = (await part.read(decode=True)).decode()
            else:
                upload = uploads[part.name] = Upload(store.new_path(), part.filename)
                await save_part(part, upload.path, limit_bytes)
    except BaseException:
        Params({}, uploads).discard()
        raise
    return Params(values, uploads)


async def save_part(part: BodyPartReader, path: Path, limit_bytes: int) -> None:
    """Write one part of a body to disk, piece by piece.

    Raises:
        ApiError: 413 as soon as it is larger than the limit.
    """
    size_bytes = 0
    with path.open("wb") as file:
        while chunk := await part.read_chunk(_CHUNK_BYTES):
            size_bytes += len(chunk)
            check_upload(size_bytes, limit_bytes)
            await asyncio.to_thread(file.write, chunk)
