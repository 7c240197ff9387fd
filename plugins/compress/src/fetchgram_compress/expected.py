"""What a file will be like, as far as the menu tells before it is here."""

from __future__ import annotations

from collections.abc import Mapping

from fetchgram.api import Choice, ChoiceKind, MediaInfo, Probe

_USUAL_HEIGHT, _USUAL_FPS = 1080, 30.0
_USUAL_KBPS = {1080: 3500, 720: 1800, 480: 900, 360: 550, 240: 300}
_USUAL_SOUND_KBPS = 128
_USUAL_SIDE = 1280
_WIDE = 16 / 9
_GIF = "gif"
_CONTAINERS = {"webm": "matroska", "mkv": "matroska", _GIF: _GIF}
_SOUND_FILES: Mapping[str, tuple[str, str]] = {
    "m4a": ("mov", "aac"),
    "mp4": ("mov", "aac"),
    "aac": ("aac", "aac"),
    "mp3": ("mp3", "mp3"),
    "flac": ("flac", "flac"),
    "wav": ("wav", "pcm_s16le"),
}
"""What songs with these endings are: ffmpeg's container and codec; all others are taken for Opus in OGG."""


def expected(probe: Probe, choice: Choice) -> MediaInfo | None:
    """Return what the file will be like; `None` for what nothing is known of."""
    match choice.kind:
        case ChoiceKind.IMAGE:
            return _picture(choice)
        case ChoiceKind.AUDIO:
            return _sound(choice, probe.duration_s or 0.0)
        case ChoiceKind.VIDEO:
            return _film(choice, probe.duration_s or 0.0)
    return None


def _picture(choice: Choice) -> MediaInfo:
    suffix = (choice.container or "jpg").replace("jpg", "jpeg")
    return MediaInfo(
        kind="photo",
        mime=f"image/{suffix}",
        size_bytes=choice.size_bytes or 1,
        width_px=choice.width_px or _USUAL_SIDE,
        height_px=choice.height_px or _USUAL_SIDE,
    )


def _sound(choice: Choice, duration_s: float) -> MediaInfo:
    container, codec = _SOUND_FILES.get(choice.container or "m4a", ("ogg", "opus"))
    told_kbps = round(choice.size_bytes / 125 / duration_s) if choice.size_bytes and duration_s else _USUAL_SOUND_KBPS
    kbps = choice.bitrate_kbps or max(1, told_kbps)
    return MediaInfo(
        kind="audio",
        mime="audio/mp4",
        size_bytes=choice.size_bytes or max(1, int(duration_s * kbps * 125)),
        container=container,
        duration_s=duration_s,
        audio_codec=choice.codec or codec,
        audio_kbps=kbps,
        audio_channels=2,
        audio_tracks=1,
    )


def _film(choice: Choice, duration_s: float) -> MediaInfo:
    height_px = choice.height_px or _USUAL_HEIGHT
    usual_kbps = next((kbps for side, kbps in _USUAL_KBPS.items() if height_px >= side), _USUAL_KBPS[240])
    usual_bytes = int(duration_s * (usual_kbps + _USUAL_SOUND_KBPS) * 125)
    size_bytes = choice.size_bytes or max(1, usual_bytes)
    kbps = size_bytes * 8 / 1000 / duration_s if duration_s else usual_kbps + _USUAL_SOUND_KBPS
    is_silent = choice.silent or choice.container == _GIF
    return MediaInfo(
        kind="animation" if is_silent else "video",
        mime="video/mp4",
        size_bytes=size_bytes,
        container=_CONTAINERS.get(choice.container or "", "mov"),
        duration_s=duration_s,
        width_px=choice.width_px or round(height_px * _WIDE / 2) * 2,
        height_px=height_px,
        video_codec=_GIF if choice.container == _GIF else choice.codec or "h264",
        video_kbps=max(1, int(kbps - min(_USUAL_SOUND_KBPS, kbps / 2))),
        fps=float(choice.fps or _USUAL_FPS),
        pixel_format="yuv420p10le" if choice.hdr else "yuv420p",
        profile="High" if choice.codec or choice.height_px else None,  # of a film of which nothing is known
        level=41,
        hdr=choice.hdr,
        audio_codec=None if is_silent else "aac",
        audio_kbps=None if is_silent else _USUAL_SOUND_KBPS,
        audio_channels=None if is_silent else 2,
        audio_tracks=0 if is_silent else 1,
        starts_fast=True,
    )
