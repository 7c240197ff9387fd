"""Plans for files of sound alone."""

from __future__ import annotations

from collections.abc import Iterator

from fetchgram.api import MediaInfo, MediaKind
from fetchgram_compress.budget import HEAD_BYTES
from fetchgram_compress.formats import SOUNDS, SoundFormat
from fetchgram_compress.tracks import Impossible, Plan, SoundTrack, Unreachable, Work, duration_of
from fetchgram_compress.wishes import Form, Wish

_FRAMING = 1.015
"""What containers add to streams of sound; OGG's pages take most."""
_COVER_PX, _COVER_BYTES, _COVER_BYTES_A_PIXEL = 800, 400_000, 0.2
"""What `MediaTools.cover` draws; a JPEG of a film takes 0.1 to 0.4 bytes for each pixel."""
_SMALL = 0.03
"""A part of the whole that may be guessed where a size is said to be exact."""
_CHANNELS = 2
_ONE_CHANNEL_BELOW_KBPS = 48
_VOICE = "voice"


def is_about(source: MediaInfo, wish: Wish) -> bool:
    """Whether the result is sound alone."""
    return wish.form is Form.SOUND or (source.kind == "audio" and wish.form is not Form.PICTURE)


def plans(source: MediaInfo, wish: Wish) -> Iterator[Plan]:
    """Leave it, copy it, or encode it at the best bitrate that fits; see `plan.plans`."""
    if source.audio_codec is None or wish.form not in (Form.SAME, Form.SOUND):
        raise Impossible
    name = wish.format or _format_of(source, wish)
    if _is_kept(source, wish, name):
        yield Plan(
            work=Work.LEAVE, suffix="", duration_s=source.duration_s or 0.0, size_bytes=source.size_bytes, exact=True
        )
    if (copied := _copied(source, wish, name)) is not None:
        yield copied
    yield from _encoded(source, wish, name)


def _format_of(source: MediaInfo, wish: Wish) -> str:
    """Keep the kind of file when there is no wish about it and it can be made smaller; else M4A plays everywhere."""
    for name, known in SOUNDS.items():
        is_smaller = known.kbps or (wish.max_bytes is None and wish.audio_kbps is None)
        if known.codec == source.audio_codec and name != _VOICE and is_smaller:
            return name
    return "m4a"


def _is_kept(source: MediaInfo, wish: Wish, name: str) -> bool:
    sound = SOUNDS[name]
    fits = wish.max_bytes is None or source.size_bytes <= wish.max_bytes
    same = source.kind == "audio" and source.audio_codec == sound.codec and _container_fits(source, sound)
    nothing_else = wish.cut_s is None and wish.audio_kbps is None and name != _VOICE
    return fits and nothing_else and (same or wish == Wish(max_bytes=wish.max_bytes))


def _container_fits(source: MediaInfo, sound: SoundFormat) -> bool:
    return source.container in {".mp3": ("mp3",), ".m4a": ("mov",), ".flac": ("flac",), ".wav": ("wav",)}.get(
        sound.suffix, ("ogg",)
    )


def _copied(source: MediaInfo, wish: Wish, name: str) -> Plan | None:
    """Take the stream as it is, where that is what is wanted."""
    sound = SOUNDS[name]
    if source.audio_codec != sound.codec or wish.audio_kbps is not None or wish.cut_s is not None or name == _VOICE:
        return None
    kbps = source.audio_kbps or sound.exact_kbps or sound.usual_kbps or 0
    duration_s = duration_of(source, wish)
    size_bytes = min(int(kbps * 125 * duration_s * _FRAMING) + HEAD_BYTES, source.size_bytes)
    if wish.max_bytes is not None and size_bytes > wish.max_bytes:
        return None
    return _plan(wish, sound, SoundTrack(format=None), duration_s, size_bytes, _cover_bytes(source, sound))


def _encoded(source: MediaInfo, wish: Wish, name: str) -> Iterator[Plan]:
    sound, duration_s = SOUNDS[name], duration_of(source, wish)
    channels = 1 if name == _VOICE else min(source.audio_channels or _CHANNELS, _CHANNELS)
    smallest = 0
    for kbps in _ladder(source, wish, sound):
        one = channels == 1 or (kbps is not None and kbps < _ONE_CHANNEL_BELOW_KBPS)
        track = SoundTrack(format=name, kbps=kbps, channels=1 if one else channels)
        rate = kbps if kbps is not None else sound.exact_kbps * (track.channels or 1) / _CHANNELS
        smallest = int(rate * 125 * duration_s * _FRAMING) + HEAD_BYTES
        if wish.max_bytes is None or smallest <= wish.max_bytes:
            yield _plan(wish, sound, track, duration_s, smallest, _cover_bytes(source, sound))
    raise Unreachable(smallest)


def _ladder(source: MediaInfo, wish: Wish, sound: SoundFormat) -> tuple[int | None, ...]:
    """Return bitrates to try, best first: nothing gets better by more bits than it came with."""
    if not sound.kbps:
        return (None,)
    wanted = wish.audio_kbps or (sound.usual_kbps if wish.max_bytes is None else None) or sound.kbps[0]
    most = min(wanted, max(source.audio_kbps or wanted, sound.kbps[-1])) if wish.audio_kbps is None else wanted
    return tuple(kbps for kbps in sound.kbps if kbps <= most) or (sound.kbps[-1],)


def _cover_bytes(source: MediaInfo, sound: SoundFormat) -> int:
    """Return what a cover adds, roughly."""
    if not sound.takes_cover:
        return 0
    if source.has_cover and source.audio_kbps:
        rest = source.size_bytes - int(source.audio_kbps * 125 * (source.duration_s or 0.0))
        return max(0, min(rest, _COVER_BYTES))
    if not source.width_px or not source.height_px:
        return 0
    shown = min(1.0, _COVER_PX / max(source.width_px, source.height_px))
    return int(source.width_px * source.height_px * shown**2 * _COVER_BYTES_A_PIXEL)


def _plan(
    wish: Wish, sound: SoundFormat, track: SoundTrack, duration_s: float, size_bytes: int, cover_bytes: int
) -> Plan:
    """Return the plan; there is a cover where there is room for one."""
    kind = sound.kind if wish.form is Form.SOUND or track.format is not None else MediaKind.AUDIO
    most_bytes = size_bytes + cover_bytes
    return Plan(
        work=Work.COPY if track.format is None else Work.SOUND,
        suffix=sound.suffix,
        kind=kind,
        sound=track,
        cut_s=wish.cut_s,
        duration_s=duration_s,
        size_bytes=most_bytes if wish.max_bytes is None else min(most_bytes, wish.max_bytes),
        exact=track.kbps is not None and not sound.varies and cover_bytes <= _SMALL * most_bytes,
        max_bytes=wish.max_bytes,
    )
