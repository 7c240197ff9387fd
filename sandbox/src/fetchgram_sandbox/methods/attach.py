"""Files of a call: uploaded or named by a file id, checked and described as Telegram does."""

from __future__ import annotations

import shutil
from pathlib import Path

from fetchgram_sandbox.account import Account
from fetchgram_sandbox.errors import ApiError, bad_request
from fetchgram_sandbox.files import Upload
from fetchgram_sandbox.objects import StoredFile
from fetchgram_sandbox.params import Params

# What Telegram's servers play as such; anything else of these kinds arrives as a document.
PLAYABLE = {
    "video": ("video/mp4", "video/quicktime"),
    "animation": ("video/mp4", "image/gif"),
    "audio": ("audio/mpeg", "audio/mp4"),
    "voice": ("audio/ogg", "audio/mpeg", "audio/mp4"),
    "video_note": ("video/mp4",),
}
FILE_FIELDS = "width height duration length title performer thumbnail"


def take_file(account: Account, params: Params, name: str, kind: str) -> StoredFile:
    """Return the file that a parameter brings, stored.

    Args:
        account: Whose call it is.
        params: The call or the item of an album.
        name: The parameter with the file.
        kind: What the file is to be.

    Raises:
        ApiError: There is no such file, or it is too large or no picture.
    """
    upload = params.upload(name) or _handed_over(account, params.text(name))
    if upload is None:
        return _known_file(account, params.text(name), kind)
    if kind == "photo":
        return _photo(account, upload)
    file = account.world.files.adopt(upload, kind, dc_id=account.world.bot.dc_id)
    if file.mime not in PLAYABLE.get(kind, (file.mime,)):
        file = account.world.files.update(file, kind="document")
    return _describe(account, params, file)


def _handed_over(account: Account, reference: str) -> Upload | None:
    """Return a copy of a file of this machine, which a local server reads by itself; the path is taken as it is."""
    path = Path(reference.removeprefix("file://"))
    if not account.limits.is_local_server or not reference.startswith("file://") or not path.is_file():
        return None
    copy = account.world.files.new_path()
    shutil.copyfile(path, copy)
    return Upload(copy, path.name)


def _known_file(account: Account, reference: str, kind: str) -> StoredFile:
    if reference.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    try:
        file = account.world.files.find(reference)
    except LookupError as error:
        raise bad_request("wrong file identifier/HTTP URL specified") from error
    # See core.telegram.org/bots/api#sending-files: the type of a file cannot be changed by sending its id.
    if file.kind != kind:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return file


def _photo(account: Account, upload: Upload) -> StoredFile:
    limits = account.limits
    if upload.size_bytes > limits.photo_bytes:
        raise bad_request(
            f"file of size {upload.size_bytes} bytes is too big for a photo; "
            f"the maximum size is {limits.photo_bytes} bytes"
        )
    file = account.world.files.adopt(upload, "photo", dc_id=account.world.bot.dc_id)
    short, long = sorted((file.width_px, file.height_px))
    if not short:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if short + long > limits.photo_sides_sum_px or long > short * limits.photo_ratio:
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return file


def _describe(account: Account, params: Params, file: StoredFile) -> StoredFile:
    length_px = params.number("length", 0)
    return account.world.files.update(
        file,
        width_px=params.number("width", length_px or file.width_px),
        height_px=params.number("height", length_px or file.height_px),
        duration_s=params.number("duration", 0),
        title=params.text("title"),
        performer=params.text("performer"),
        thumbnail=_thumbnail(account, params),
    )


def _thumbnail(account: Account, params: Params) -> StoredFile | None:
    """Return the thumbnail; Telegram silently ignores one that breaks the rules, so it is noted as a problem."""
    upload = params.upload("thumbnail")
    if upload is None:
        if params.has("thumbnail"):
            account.problems.append("a thumbnail cannot be sent by file id or URL, only uploaded")
        return None
    limits = account.limits
    size_bytes = upload.size_bytes
    thumbnail = account.world.files.adopt(upload, "thumbnail", dc_id=account.world.bot.dc_id)
    longest_px = max(thumbnail.width_px, thumbnail.height_px)
    if thumbnail.mime != "image/jpeg" or size_bytes > limits.thumbnail_bytes or longest_px > limits.thumbnail_side_px:
        account.problems.append(f"a thumbnail of {size_bytes} bytes, {longest_px} px, {thumbnail.mime} is ignored")
        return None
    return thumbnail


def check_upload(size_bytes: int, limit_bytes: int) -> None:
    """Refuse a file that grew too large while it came in.

    Raises:
        ApiError: 413, as the server in front of Telegram's answers.
    """
    if size_bytes > limit_bytes:
        raise ApiError(413, "Request Entity Too Large")
