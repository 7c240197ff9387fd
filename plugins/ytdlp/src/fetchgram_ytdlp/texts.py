"""Fetches what is text: subtitles and descriptions, into the present folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, cast

from fetchgram.api import ChoiceGone, Json, TooLarge
from fetchgram_ytdlp.extras import AUTOMATIC
from fetchgram_ytdlp.options import Downloader
from fetchgram_ytdlp.subtitles import addresses
from fetchgram_ytdlp.translate import Info

DESCRIPTION_NAME = "description.txt"
_MOST_BYTES = 5_000_000


class _Response(Protocol):
    def read(self, amt: int) -> bytes: ...
    def close(self) -> None: ...


def fetch_texts(downloader: Downloader, info: Info, wanted: Mapping[str, Json]) -> dict[str, Json]:
    """Write what is wished for.

    Args:
        downloader: From `options.build`.
        info: Of the media.
        wanted: Of `Extras.to_json`.

    Returns:
        `{"subtitles": {language: name of its file}, "description": name or null}`.

    Raises:
        ChoiceGone: If a language is not there any more.
    """
    languages = cast("list[str]", wanted["subtitles"])
    subtitles: dict[str, Json] = {
        language: _subtitles(downloader, info, language, place) for place, language in enumerate(languages)
    }
    description = info.get("description")
    has_description = bool(wanted["description"]) and isinstance(description, str) and bool(description.strip())
    if has_description:
        Path(DESCRIPTION_NAME).write_text(f"{description}\n", encoding="utf-8")
    return {"subtitles": subtitles, "description": DESCRIPTION_NAME if has_description else None}


def _subtitles(downloader: Downloader, info: Info, language: str, place: int) -> str:
    table = "automatic_captions" if language.endswith(AUTOMATIC) else "subtitles"
    kind, url = addresses(info.get(table)).get(language.removesuffix(AUTOMATIC), ("", ""))
    if not url:
        raise ChoiceGone(message=f"no subtitles in {language!r}")
    name = f"subtitles-{place}.{kind}"
    Path(name).write_bytes(_read(downloader, url))
    return name


def _read(downloader: Downloader, url: str) -> bytes:
    from yt_dlp.networking import Request  # noqa: PLC0415  # after `build`

    response = cast("_Response", downloader.urlopen(Request(url)))
    try:
        content = response.read(_MOST_BYTES + 1)
    finally:
        response.close()
    if len(content) > _MOST_BYTES:
        raise TooLarge(None, _MOST_BYTES)
    return content
