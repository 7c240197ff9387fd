"""The engine: probes, lists and downloads through yt-dlp in isolated children, for any plugin."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
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
from fetchgram_ytdlp.companions import Companions, Texts
from fetchgram_ytdlp.extras import Extras
from fetchgram_ytdlp.finish import RESULT_PATTERNS, Fetched, Finisher, Stream
from fetchgram_ytdlp.looks import Looks
from fetchgram_ytdlp.settings import EngineOptions

_NOTE_NAME = "fetched.json"


class YtdlpEngine:
    """yt-dlp, for this plugin and for others that declare `fetchgram-ytdlp`.

    Args:
        workers: The plugin's own children.
        network: The guarded way out.
        media: Looks at and works on local files.
        options: How to fetch, unless a call says otherwise.
        on_warning: Hears yt-dlp's own words, in English, about what does not stop it.
    """

    def __init__(
        self,
        workers: Workers,
        network: Network,
        media: MediaTools,
        *,
        options: EngineOptions = EngineOptions(),  # noqa: B008  # frozen
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        self._workers = workers
        self._network = network
        self._media = media
        self._options = options
        self._looks = Looks()
        self._on_warning = on_warning

    async def probe(self, link: Link, *, options: EngineOptions | None = None) -> Probe:
        """Look up what is behind a link; a download soon after needs no second lookup.

        Raises:
            ContentUnavailable, TemporarilyUnavailable: As yt-dlp found.
            WorkerTimeout: If it took too long.
        """
        answer = await self.call("fetchgram_ytdlp.child:probe", link, options=options)
        if isinstance(answer["seen"], str):
            self._looks.keep(link, options or self._options, answer["seen"])
        return decode(Probe, _object(answer["probe"]))

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
        answer = await self._workers.run(target, payload, on_message=self._hear, timeout_s=chosen.probe_timeout_s)
        return _object(answer)

    async def download(
        self,
        job: Job,
        workdir: Path,
        sink: Sink,
        *,
        options: EngineOptions | None = None,
        extras: Extras = Extras(),  # noqa: B008  # frozen
    ) -> tuple[Media, ...]:
        """Fetch the choice of a job; what an earlier attempt left in the folder is used.

        Args:
            job: Its recipe has to name what `extras` holds, since that tells equal jobs from different ones.
            workdir: The only place to write to.
            sink: Hears about progress, and may have a limit of its own.
            options: Instead of those that the engine was built with.
            extras: What is wished for besides the choice.

        Returns:
            The file, and those that go with it.

        Raises:
            ChoiceGone: With what there is instead.
            ContentUnavailable, TemporarilyUnavailable, TooLarge, DiskFull: As it went.
        """
        note = workdir / _NOTE_NAME
        answer = await asyncio.to_thread(_read_note, note, workdir, job.fingerprint)
        if answer is None:
            await asyncio.to_thread(_forget_results, workdir)
            chosen = (options or self._options).within(sink.max_bytes)
            answer = {**await self._fetch(job, workdir, sink, chosen, extras), "job": job.fingerprint}
            await asyncio.to_thread(_write_note, note, answer)
        fetched = _fetched(answer, workdir)
        wished = extras if fetched.section_s is None else replace(extras, section_s=fetched.section_s)
        companions = Companions(self._media, workdir, wished, _texts(answer, workdir))
        return await Finisher(self._media, self._network, workdir, companions).finish(fetched)

    async def _fetch(
        self, job: Job, workdir: Path, sink: Sink, options: EngineOptions, extras: Extras
    ) -> Mapping[str, Json]:
        def hear(message: Json) -> None:
            seen = _object(message)
            if "done" in seen:
                sink.progress(cast("int", seen["done"]), cast("int | None", seen["total"]))
            else:
                self._hear(message)

        choice = job.recipe.choice
        spoken = choice if extras.language is None else replace(choice, language=extras.language)
        answer = await self._workers.run(
            "fetchgram_ytdlp.child:download",
            {
                **self._payload(job.link, options),
                "choice": encode(spoken),
                "texts": extras.to_json(),
                "seen": self._looks.take(job.link, options),
            },
            on_message=hear,
            workdir=workdir,
            timeout_s=options.download_timeout_s,
            max_bytes=options.max_bytes,
        )
        return _object(answer)

    def _hear(self, message: Json) -> None:
        """Pass a warning of yt-dlp on."""
        warning = _object(message).get("warning")
        if isinstance(warning, str) and self._on_warning is not None:
            self._on_warning(warning)

    def _payload(self, link: Link, options: EngineOptions) -> dict[str, Json]:
        return {
            "link": encode(link),
            "options": options.to_json(),
            "proxy": self._network.proxy_url,
            "ca_file": self._network.child_env().get("SSL_CERT_FILE"),
        }


def _fetched(answer: Mapping[str, Json], workdir: Path) -> Fetched:
    streams = cast("list[dict[str, Json]]", answer["streams"])
    section = cast("list[float] | None", answer["section_s"])
    return Fetched(
        probe=decode(Probe, _object(answer["probe"])),
        choice=decode(Choice, _object(answer["choice"])),
        song={name: str(value) for name, value in _object(answer["song"]).items()},
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
        section_s=(float(section[0]), float(section[1])) if section else None,
    )


def _texts(answer: Mapping[str, Json], workdir: Path) -> Texts:
    texts = _object(answer["texts"])
    description = texts["description"]
    return Texts(
        subtitles={lang: workdir / Path(str(name)).name for lang, name in _object(texts["subtitles"]).items()},
        description=workdir / Path(description).name if isinstance(description, str) else None,
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
