"""Subtitles as yt-dlp lists them: which languages come in a kind that can be used, and from where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

KINDS = ("srt", "vtt")
"""Kinds that are taken, the one that every player reads first."""


def addresses(table: object) -> dict[str, tuple[str, str]]:
    """Return kind and address by language.

    Args:
        table: `subtitles` or `automatic_captions` of yt-dlp's dictionary.
    """
    found: dict[str, tuple[str, str]] = {}
    for language, tracks in table.items() if isinstance(table, Mapping) else ():
        by_kind = dict(_each(tracks))
        kind = next((kind for kind in KINDS if kind in by_kind), None)
        if kind is not None:
            found[str(language)] = (kind, by_kind[kind])
    return found


def _each(tracks: object) -> Iterable[tuple[str, str]]:
    for track in tracks if isinstance(tracks, list) else ():
        if isinstance(track, Mapping) and isinstance(track.get("url"), str):
            yield str(track.get("ext")), track["url"]
