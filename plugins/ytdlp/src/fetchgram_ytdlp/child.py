"""What runs in the isolated child: look a link up, list it, fetch it. JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import cast

from fetchgram.api import Choice, ChoiceGone, ContentUnavailable, Json, Link, Reason, decode, encode
from fetchgram_ytdlp.direct import look
from fetchgram_ytdlp.failures import told, translate
from fetchgram_ytdlp.feeds import as_described
from fetchgram_ytdlp.ladder import Offer, Track, Wish, resolve, shortened
from fetchgram_ytdlp.looks import pack, unpack
from fetchgram_ytdlp.options import ALLOWED_DOWNLOADERS, Downloader, build, downloader_name
from fetchgram_ytdlp.refused import refuse
from fetchgram_ytdlp.songs import song_of
from fetchgram_ytdlp.streams import Report, fetch
from fetchgram_ytdlp.texts import fetch_texts
from fetchgram_ytdlp.translate import (
    ITEM_HINT,
    Info,
    duration_of,
    is_list,
    length_of,
    list_probe_of,
    page_of,
    probe_of,
    refuse_unready,
    section_of,
    tracks_of,
)
from fetchgram_ytdlp.urls import split_link

Payload = Mapping[str, Json]


def probe(payload: Payload, report: Report) -> Json:
    """Return an encoded `Probe`, and under `seen` what spares the download the same lookup; null when nothing does."""
    link, options = _link(payload), _options(payload)
    with _told(payload):
        downloader = _build(payload, link, report, playlist_items="1:2")
        info = _one_of(downloader, _extract(downloader, link))
        if is_list(info):
            return {"probe": encode(list_probe_of(link, info)), "seen": None}
        formats = _served(downloader, info)
        found = probe_of(link, info, formats, _wish(options, info, formats))
        return {"probe": encode(found), "seen": pack(downloader, info)}


def entries(payload: Payload, report: Report) -> Json:
    """Return an encoded `Page`."""
    link, size = _link(payload), cast("int", _options(payload)["page_size"])
    start = int(str(payload.get("cursor") or 1))
    with _told(payload):
        downloader = _build(payload, link, report, playlist_items=f"{start}:{start + size}")
        info = _extract(downloader, link)
        if not is_list(info):
            raise ContentUnavailable(Reason.NO_MEDIA, "this is no list")
        return encode(page_of(link, info, start=start, size=size))


def download(payload: Payload, report: Report) -> Json:
    """Fetch the streams of a choice into the present folder and say what they are.

    With `seen` the site is not asked again, unless what was seen is worth nothing any more: addresses end, by time or
    after one use.
    """
    seen = payload.get("seen")
    if isinstance(seen, str):
        with suppress(ContentUnavailable, ChoiceGone):
            return _download(payload, report, seen=seen)
    return _download(payload, report)


def _download(payload: Payload, report: Report, *, seen: str | None = None) -> Json:
    link, options = _link(payload), _options(payload)
    choice = decode(Choice, cast("dict[str, Json]", payload["choice"]))
    max_bytes = cast("int", options["max_bytes"])
    with _told(payload):
        downloader = _build(payload, link, report, playlist_items="1:2")
        info = _one_of(downloader, unpack(downloader, seen) if seen else _extract(downloader, link))
        if is_list(info):
            raise ContentUnavailable(Reason.NO_MEDIA, "a list cannot be fetched as one")
        formats = _served(downloader, info)
        whole = {track.format_id: track for track in tracks_of(info, formats)}
        offer = _resolved(info, whole.values(), choice, _wish(options, info, formats))
        by_id = {str(each.get("format_id") or ""): each for each in formats}
        streams = [(whole[track.format_id], by_id[track.format_id]) for track in offer.tracks]
        texts = fetch_texts(downloader, info, cast("dict[str, Json]", payload["texts"]))
        names = fetch(downloader, info, streams, max_bytes=max_bytes, report=report)
        return {**_fetched(link, info, formats, offer, names), "texts": texts}


def _resolved(info: Info, tracks: Iterable[Track], choice: Choice, wish: Wish) -> Offer:
    """Find the streams of a choice; of a clip, which is a stretch of a video, the whole video is fetched."""
    return resolve(shortened(tuple(tracks), length_of(info)), choice, wish)


def _fetched(link: Link, info: Info, formats: list[Info], offer: Offer, names: list[str]) -> dict[str, Json]:
    seen = encode(probe_of(link, info, formats, Wish()))
    streams: list[Json] = [_stream(track, name) for track, name in zip(offer.tracks, names, strict=True)]
    stretch = section_of(info)
    section_s: list[Json] | None = list(stretch) if stretch else None
    song: dict[str, Json] = {**song_of(info)}
    return {"probe": seen, "song": song, "choice": encode(offer.choice), "streams": streams, "section_s": section_s}


def _stream(track: Track, name: str) -> Json:
    return {
        "name": name,
        "has_video": track.has_video,
        "has_audio": track.has_audio,
        "audio_codec": track.audio_codec,
        "is_pieces": track.is_pieces,
    }


def _build(payload: Payload, link: Link, report: Report, *, playlist_items: str) -> Downloader:
    """Prepare for one link; entries of lists are not looked up, unless one of them is meant."""
    if split_link(link.url) is None:
        raise ContentUnavailable(Reason.NO_MEDIA, "not a web address, or one with instructions for yt-dlp")
    refuse(link.media_id.partition(":")[0])
    item = link.hints.get(ITEM_HINT)
    if item is not None:
        return build(payload, report=report, extract_flat=False, playlist_items=str(int(item)))
    return build(payload, report=report, extract_flat="in_playlist", playlist_items=playlist_items)


def _extract(downloader: Downloader, link: Link) -> Info:
    said = as_described(link)
    file = look(downloader, link)
    if file is not None:
        return downloader.process_ie_result({**file, **said}, download=False)
    info = _look_up(downloader, link.url)
    if info is None:
        raise ContentUnavailable(Reason.NO_MEDIA, "yt-dlp found nothing")
    refuse(str(info.get("extractor_key")))
    return {**info, **said}


def _look_up(downloader: Downloader, url: str) -> Info | None:
    """Ask yt-dlp; where something has not begun, ask again in the way that also tells when it will."""
    try:
        return downloader.extract_info(url, download=False)
    except Exception as error:
        found = translate(error)
        if found is None or (isinstance(found, ContentUnavailable) and found.reason is Reason.NO_MEDIA):
            downloader.raise_turned_away()  # why it found nothing
        if not isinstance(found, ContentUnavailable) or found.reason is not Reason.UPCOMING:
            raise
        downloader.params["ignore_no_formats_error"] = True
        refuse_unready(downloader.extract_info(url, download=False) or {})
        raise


def _one_of(downloader: Downloader, info: Info) -> Info:
    """Open a list that has one entry, as pages with one embedded video are."""
    if not is_list(info):
        refuse_unready(info)
        return info
    found = [each for each in cast("list[object]", info.get("entries") or []) if isinstance(each, Mapping)]
    if not found:
        raise ContentUnavailable(Reason.NO_MEDIA, "an empty list")
    if len(found) > 1:
        return info
    downloader.params["extract_flat"] = False
    one = downloader.process_ie_result(dict(found[0]), download=False) if "formats" not in found[0] else found[0]
    refuse(str(one.get("extractor_key")))
    refuse_unready(one)
    return one


def _served(downloader: Downloader, info: Info) -> list[Info]:
    """Return the streams that can be fetched by a downloader of the white list.

    Raises:
        ContentUnavailable: `protocol` or `no_media`, when none is left.
    """
    found = info.get("formats")
    formats = [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else [info]
    served = [each for each in formats if downloader_name(downloader, {**info, **each}) in ALLOWED_DOWNLOADERS]
    if not served:
        raise ContentUnavailable(Reason.PROTOCOL if formats else Reason.NO_MEDIA, "no stream that can be fetched")
    return served


def _wish(options: Mapping[str, Json], info: Info, formats: list[Info]) -> Wish:
    return Wish(
        max_height_px=cast("int | None", options["max_height_px"]),
        mp3_kbps=cast("int | None", options["mp3_kbps"]),
        duration_s=duration_of(info, formats),
        picture=bool(options["picture"]),
    )


def _told(payload: Payload) -> AbstractContextManager[None]:
    return told(cast("int", _options(payload)["max_bytes"]))


def _link(payload: Payload) -> Link:
    return decode(Link, cast("dict[str, Json]", payload["link"]))


def _options(payload: Payload) -> dict[str, Json]:
    return cast("dict[str, Json]", payload["options"])
