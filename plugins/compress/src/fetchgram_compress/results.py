"""From what was made to the file that is sent."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from fetchgram.api import Media, MediaKind
from fetchgram_compress.engine import Made
from fetchgram_compress.sleeve import sleeve_of
from fetchgram_compress.tracks import Work
from fetchgram_compress.wishes import Form, Wish

_PHOTO_BYTES = 10_000_000
"""core.telegram.org/bots/api#sendphoto; a larger picture goes as a file."""
_FIRST_CHAPTER, _CHAPTER = "0:00 ", re.compile(r"(\d+:)?\d+:\d\d ")
"""Lines of a caption that players start at; a list of chapters begins at the beginning."""
_STAYS = {
    (MediaKind.ANIMATION, MediaKind.VIDEO): MediaKind.ANIMATION,
    (MediaKind.VIDEO_NOTE, MediaKind.VIDEO): MediaKind.VIDEO_NOTE,
    (MediaKind.VOICE, MediaKind.DOCUMENT): MediaKind.VOICE,
}
"""How a chat showed it before, and how it would show the plain file: nobody wished that to change."""


def media_of(before: Media, made: Made, wish: Wish, thumbnail: Path | None) -> Media:
    """Return the file as it is sent now: its name stays, and so does its form where no other is wished."""
    if made.plan.work is Work.LEAVE:
        return before
    info, plan = made.info, made.plan
    kind = plan.kind or before.kind
    if wish.form is Form.SAME:
        kind = _STAYS.get((before.kind, kind), kind)
    if kind is MediaKind.PHOTO and info.size_bytes > _PHOTO_BYTES:
        kind = MediaKind.DOCUMENT
    return replace(
        before,
        path=made.path,
        kind=kind,
        mime=info.mime,
        size_bytes=info.size_bytes,
        duration_s=info.duration_s,
        width_px=info.width_px if kind is not MediaKind.AUDIO else None,
        height_px=info.height_px if kind is not MediaKind.AUDIO else None,
        thumbnail=thumbnail or before.thumbnail,
        file_name=_named(before, made.path.suffix),
        title=(info.title or sleeve_of(before).title) if kind is MediaKind.AUDIO else None,
        caption=_caption(before.caption, made),
        performer=(info.performer or before.performer) if kind is MediaKind.AUDIO else None,
    )


def _caption(caption: str | None, made: Made) -> str | None:
    """Leave the times of chapters out below a part: they are those of the whole."""
    lines = (caption or "").splitlines()
    if made.plan.cut_s is None or not any(line.startswith(_FIRST_CHAPTER) for line in lines):
        return caption
    return "\n".join(line for line in lines if not _CHAPTER.match(line)).strip()


def _named(before: Media, suffix: str) -> str:
    return f"{Path(before.file_name or before.path.name).stem}{suffix}"
