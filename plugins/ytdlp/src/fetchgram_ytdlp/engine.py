"""The engine: probes, lists and downloads through yt-dlp in isolated children, for any plugin."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from fetchgram.api import (
    Choice,
    Job,
    Json,
    Link,
    Media,
    MediaTools,
    Network,
    Page,
    Probe,
    Sink,
    Workers,
    decode,
    encode,
)
from fetchgram_ytdlp.finish import RESULT_PATTERNS, Fetched, Finisher, Stream
from fetchgram_ytdlp.settings import EngineOptions

_NOTE_NAME = "fetched.json"


class YtdlpEngine:
    """yt-dlp, for this plugin and for others that declare `fetchgram-ytdlp`.

    Args:
        workers: The plugin's own children.
        network: The guarded way out.
        media: Looks at and works on local files.
        options: How to fetch, unless a call says otherwise.
    """

    def __init__(
        self,
        workers: Workers,
        network: Network,
        media: MediaTools,
        *,
        options: EngineOptions = EngineOptions(),  # noqa: B008  # frozen
    ) -> None:
        self._workers = workers
        self._network = network
        self._media = media
        self._options = options

    async def probe(self, link: Link, *, options: EngineOptions | None = None) -> Probe:
        """Look up what is behind a link.

        Raises:
            ContentUnavailable, TemporarilyUnavailable: As yt-dlp found.
            WorkerTimeout: If it took too long.
        """
        return decode(Probe, await self.call("fetchgram_ytdlp.child:probe", link, options=options))

    async def entries(self, link: Link, cursor: str | None = None, *, options: EngineOptions | None = None) -> Page:
        """List a page of a playlist or channel; nothing in it is looked up.

        Raises:
            ContentUnavailable: Also when it is no list.
        """
        return decode(Page, await self.call("fetchgram_ytdlp.child:entries", link, options=options, cursor=cursor))

    async def call(
        self, target: str, link: Link, *, options: EngineOptions | None = None, **more: Json
    ) -> Mapping[str, Json]:
        """Run a plugin's own function in its children, with what `fetchgram_ytdlp.options.build` needs.

        Args:
            target: Import path of a function that takes `(payload, report)` and returns a JSON object.
            link: Under `link` in the payload, encoded.
            options: Instead of those that the engine was built with.
            **more: Further entries of the payload.
        """
        chosen = options or self._options
        payload: dict[str, Json] = {**self._payload(link, chosen), **more}
        return _object(await self._workers.run(target, payload, timeout_s=chosen.probe_timeout_s))

    async def download(
        self, job: Job, workdir: Path, sink: Sink, *, options: EngineOptions | None = None
    ) -> tuple[Media, ...]:
        """Fetch the choice of a job; what an earlier attempt left in the folder is used.

        Raises:
            ChoiceGone: With what there is instead.
            ContentUnavailable, TemporarilyUnavailable, TooLarge, DiskFull: As it went.
        """
        note = workdir / _NOTE_NAME
        answer = await asyncio.to_thread(_read_note, note, workdir, job.fingerprint)
        if answer is None:
            await asyncio.to_thread(_forget_results, workdir)
            fetched = await self._fetch(job, workdir, sink, options or self._options)
            answer = {**fetched, "job": job.fingerprint}
            await asyncio.to_thread(_write_note, note, answer)
        finisher = Finisher(self._media, self._network, workdir)
        return (await finisher.finish(_fetched(answer, workdir)),)

    async def _fetch(self, job: Job, workdir: Path, sink: Sink, options: EngineOptions) -> Mapping[str, Json]:
        def hear(message: Json) -> None:
            seen = _object(message)
            sink.progress(cast("int", seen["done"]), cast("int | None", seen["total"]))

        answer = await self._workers.run(
            "fetchgram_ytdlp.child:download",
            {**self._payload(job.link, options), "choice": encode(job.recipe.choice)},
            on_message=hear,
            workdir=workdir,
            timeout_s=options.download_timeout_s,
            max_bytes=options.max_bytes,
        )
        return _object(answer)

    def _payload(self, link: Link, options: EngineOptions) -> dict[str, Json]:
        return {
            "link": encode(link),
            "options": options.to_json(),
            "proxy": self._network.proxy_url,
            "ca_file": self._network.child_env().get("SSL_CERT_FILE"),
        }


def _fetched(answer: Mapping[str, Json], workdir: Path) -> Fetched:
    streams = cast("list[dict[str, Json]]", answer["streams"])
    return Fetched(
        probe=decode(Probe, _object(answer["probe"])),
        choice=decode(Choice, _object(answer["choice"])),
        streams=tuple(
            Stream(
                path=workdir / Path(str(each["name"])).name,
                has_video=bool(each["has_video"]),
                has_audio=bool(each["has_audio"]),
                audio_codec=cast("str | None", each["audio_codec"]),
                is_pieces=bool(each["is_pieces"]),
            )
            for each in streams
        ),
    )


def _read_note(note: Path, workdir: Path, fingerprint: str) -> Mapping[str, Json] | None:
    """Read what an earlier attempt fetched, if its files, or what was made of them, are there."""
    try:
        answer = _object(json.loads(note.read_text(encoding="utf-8")))
        if answer.get("job") != fingerprint:
            return None
        fetched = _fetched(answer, workdir)
    except (OSError, ValueError, LookupError, TypeError):
        return None
    is_finished = (workdir / f"final.{fetched.choice.container or 'bin'}").exists()
    return answer if is_finished or all(stream.path.exists() for stream in fetched.streams) else None


def _forget_results(workdir: Path) -> None:
    """Remove what was made of other streams; the streams themselves are named by what they are."""
    for pattern in RESULT_PATTERNS:
        for path in workdir.glob(pattern):
            path.unlink()


def _write_note(note: Path, answer: Mapping[str, Json]) -> None:
    part = note.with_suffix(".part")
    part.write_text(json.dumps(answer), encoding="utf-8")
    part.replace(note)


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise ValueError(f"an object was expected, not {value!r}")
    return value
