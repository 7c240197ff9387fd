"""Turns yt-dlp's dictionaries into our types: the one place that knows their keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeAlias

from fetchgram.api import (
    Certainty,
    Chapter,
    ContentUnavailable,
    Entry,
    Languages,
    Link,
    LinkKind,
    Page,
    Probe,
    Reason,
)
from fetchgram_ytdlp.claims import by_address
from fetchgram_ytdlp.codecs import audio_codec, video_codec
from fetchgram_ytdlp.feeds import described, own_address
from fetchgram_ytdlp.ladder import Track, Wish, audio_languages, offers, shortened
from fetchgram_ytdlp.subtitles import addresses
from fetchgram_ytdlp.urls import FILE_KINDS, SMUGGLE, UNKNOWN_SUFFIX, split_link

Info: TypeAlias = Mapping[str, object]

LIST_TYPES = frozenset({"playlist", "multi_video"})
ITEM_HINT = "item"
"""Hint of a link: the place in a page whose parts have no address of their own."""

_PICTURES = frozenset({"jpg", "jpeg", "png", "webp", "gif"})
_BITS_PER_BYTE = 8
_NAMED = re.compile(r"(\d{3,4})p")
_WIDEST = 2
"""Of a wide film against a picture of 16:9; beyond that the name means something else."""


def is_list(info: Info) -> bool:
    """Whether this is a list of media and not one."""
    return info.get("_type") in LIST_TYPES


def refuse_unready(info: Info) -> None:
    """Raise for what is still being broadcast, or not yet.

    Raises:
        ContentUnavailable: `live` or `upcoming`.
    """
    status = info.get("live_status")
    if info.get("is_live") or status in ("is_live", "post_live"):
        raise ContentUnavailable(Reason.LIVE, f"live_status is {status!r}")
    if status == "is_upcoming":
        at = _number(info.get("release_timestamp"))
        raise ContentUnavailable(Reason.UPCOMING, at=datetime.fromtimestamp(at, UTC) if at else None)


def probe_of(link: Link, info: Info, formats: Sequence[Info], wish: Wish) -> Probe:
    """Return what is behind a link that leads to one thing.

    Raises:
        ContentUnavailable: `no_media`, when nothing is left to choose.
    """
    tracks = tracks_of(info, formats)
    choices = tuple(offer.choice for offer in offers(shortened(tracks, length_of(info)), wish))
    if not choices:
        raise ContentUnavailable(Reason.NO_MEDIA, "no stream that can be offered")
    return Probe(
        link=_better_link(link, info, LinkKind.VIDEO),
        title=_title(info),
        choices=choices,
        author=_author(info),
        duration_s=duration_of(info, formats),
        thumbnail_url=_web_address(info.get("thumbnail")),
        languages=_languages(info, tracks),
        chapters=_chapters(info),
    )


def list_probe_of(link: Link, info: Info) -> Probe:
    """Return what is known of a list without looking at its entries."""
    return Probe(
        link=_better_link(link, info, LinkKind.PLAYLIST),
        title=_title(info),
        author=_author(info),
        thumbnail_url=_web_address(info.get("thumbnail")) or _last_thumbnail(info),
    )


def page_of(link: Link, info: Info, *, start: int, size: int) -> Page:
    """Return one page of a list.

    Args:
        link: Of the list.
        info: With up to one entry more than the page holds, to know whether there is a next one.
        start: Place of the first entry, from 1.
        size: Entries on a page.
    """
    found = _entries(info)
    entries = [_entry(link, each, start + place) for place, each in enumerate(found[:size])]
    total = info.get("playlist_count")
    return Page(
        entries=tuple(entries),
        next_cursor=str(start + size) if len(found) > size else None,
        total=total if isinstance(total, int) else None,
    )


def tracks_of(info: Info, formats: Sequence[Info]) -> tuple[Track, ...]:
    """Return the streams; storyboards and things without picture and sound are left out."""
    duration_s = duration_of(info, formats)
    found = (_track(each, order, duration_s) for order, each in enumerate(formats))
    return tuple(track for track in found if track is not None)


def section_of(info: Info) -> tuple[float, float] | None:
    """Return from where to where a clip goes in the video that it was cut from, in seconds."""
    start_s, end_s = _number(info.get("section_start")), _number(info.get("section_end"))
    return (start_s, end_s) if start_s is not None and end_s is not None and start_s < end_s else None


def length_of(info: Info) -> float | None:
    """Return how long such a clip is; `None` for what is whole."""
    stretch = section_of(info)
    return stretch[1] - stretch[0] if stretch else None


def duration_of(info: Info, formats: Sequence[Info]) -> float | None:
    """Take what the site says, else the sum of the pieces of a stream."""
    said = _number(info.get("duration"))
    pieces = next((each["fragments"] for each in formats if isinstance(each.get("fragments"), list)), None)
    if said is not None or not isinstance(pieces, list):
        return said
    known = (_number(piece.get("duration")) for piece in pieces if isinstance(piece, Mapping))
    return round(sum(each for each in known if each is not None), 3) or None


def _track(data: Info, order: int, duration_s: float | None) -> Track | None:
    suffix = _text(data.get("ext")).lower()
    container = suffix if suffix in FILE_KINDS else UNKNOWN_SUFFIX
    picture, sound = _text(data.get("vcodec")), _text(data.get("acodec"))
    is_image = container in _PICTURES and sound in ("", "none")
    has_video = picture != "none" and not is_image and FILE_KINDS.get(container, "video") == "video"
    has_audio = sound != "none" and not is_image
    if not (has_video or has_audio or is_image) or suffix == "mhtml":
        return None
    size_bytes, certainty = _size(data, duration_s)
    return Track(
        format_id=_text(data.get("format_id")),
        order=order,
        has_video=has_video,
        has_audio=has_audio,
        container=container,
        video_codec=video_codec(picture) if has_video else None,
        audio_codec=audio_codec(sound, container, has_video=has_video) if has_audio else None,
        height_px=_quality_px(data),
        fps=_number(data.get("fps")),
        is_hdr=_text(data.get("dynamic_range")) not in ("", "SDR"),
        language=_text(data.get("language")) or None,
        bitrate_kbps=_number(data.get("abr")) or _number(data.get("tbr")),
        size_bytes=size_bytes,
        certainty=certainty,
        is_pieces=_text(data.get("protocol")) not in ("http", "https"),
        is_image=is_image,
    )


def _quality_px(data: Info) -> int | None:
    """Return what people call the quality of a picture.

    That is its shorter side (720p is 1280×720 and 720×1280), unless the site has a name for it that fits: a film in
    CinemaScope of 1920×800 is 1080p too.
    """
    height_px, width_px = _whole(data.get("height")), _whole(data.get("width"))
    side_px = min(height_px, width_px) if height_px and width_px else height_px
    named = _NAMED.match(_text(data.get("format_note")))
    named_px = int(named[1]) if named and width_px else 0
    return named_px if side_px and side_px <= named_px <= side_px * _WIDEST else side_px


def _size(data: Info, duration_s: float | None) -> tuple[int | None, Certainty]:
    exact = _whole(data.get("filesize"))
    if exact:
        return exact, Certainty.EXACT
    bitrate_kbps = _number(data.get("tbr"))
    guess = _whole(data.get("filesize_approx"))
    if not guess and bitrate_kbps and duration_s:
        guess = int(bitrate_kbps * 1000 * duration_s / _BITS_PER_BYTE)
    return (guess, Certainty.APPROXIMATE) if guess else (None, Certainty.UNKNOWN)


def _better_link(link: Link, info: Info, kind: LinkKind) -> Link:
    """Name the media as the site does; a page that only the generic extractor reads is named by its address."""
    key, media_id = _text(info.get("extractor_key")), _text(info.get("id"))
    is_kept = kind is LinkKind.VIDEO and link.kind not in (LinkKind.MEDIA, LinkKind.PLAYLIST)
    lists = (LinkKind.PLAYLIST, LinkKind.CHANNEL, LinkKind.PROFILE)
    is_kept = is_kept or (kind is LinkKind.PLAYLIST and link.kind in lists)
    named = link if key in ("", "Generic") or not media_id else replace(link, media_id=f"{key}:{media_id}")
    return named if is_kept else replace(named, kind=kind)


def _entry(parent: Link, data: Info, place: int) -> Entry:
    is_address = data.get("_type") in ("url", "url_transparent")
    url = own_address(_text(data.get("url"))) if is_address else _text(data.get("webpage_url"))
    key, media_id = _text(data.get("ie_key") or data.get("extractor_key")), _text(data.get("id"))
    parts = split_link(url) if is_address and SMUGGLE not in url else None
    if parts is not None and key not in ("", "Generic") and media_id:
        name = f"{key}:{media_id}"
        link = Link(plugin=parent.plugin, kind=LinkKind.MEDIA, media_id=name, url=url, within=parent.url)
    elif parts is not None:
        # Named as it would be for somebody who sends it alone, so that both can share one download.
        link = replace(by_address(parts, parent.plugin), sure=True, within=parent.url, hints=described(data))
    else:
        link = replace(
            parent,
            kind=LinkKind.MEDIA,
            media_id=f"{parent.media_id}#{place}",
            hints={ITEM_HINT: str(place)},
            within=parent.url,
        )
    return Entry(link=link, title=_text(data.get("title")) or str(place), duration_s=_number(data.get("duration")))


def _entries(info: Info) -> list[Info]:
    found = info.get("entries")
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list | tuple) else []


def _languages(info: Info, tracks: Sequence[Track]) -> Languages:
    return Languages(
        subtitles=tuple(addresses(info.get("subtitles"))),
        automatic=tuple(addresses(info.get("automatic_captions"))),
        audio=audio_languages(tracks),
    )


def _chapters(info: Info) -> tuple[Chapter, ...]:
    found = info.get("chapters")
    each = [chapter for chapter in found if isinstance(chapter, Mapping)] if isinstance(found, list) else []
    return tuple(
        Chapter(title=_text(one.get("title")), start_s=start_s, end_s=end_s)
        for one in each
        if (start_s := _number(one.get("start_time"))) is not None
        and (end_s := _number(one.get("end_time"))) is not None
    )


def _title(info: Info) -> str:
    return _text(info.get("title")) or _text(info.get("id"))


def _author(info: Info) -> str | None:
    names = (_text(info.get(key)) for key in ("artist", "channel", "uploader", "creator"))
    return next((name for name in names if name), None)


def _last_thumbnail(info: Info) -> str | None:
    found = info.get("thumbnails")
    last = found[-1] if isinstance(found, list) and found else None
    return _web_address(last.get("url")) if isinstance(last, Mapping) else None


def _web_address(value: object) -> str | None:
    url = _text(value)
    return url if split_link(url) is not None else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: object) -> int | None:
    number = _number(value)
    return round(number) if number is not None and number > 0 else None
