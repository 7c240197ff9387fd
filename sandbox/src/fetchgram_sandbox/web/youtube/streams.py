"""The streams that the emulated YouTube has: which formats, and how ffmpeg makes each."""

from __future__ import annotations

from dataclasses import dataclass, replace

CLIP_S = 6
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-movflags", "+faststart")
_VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8")
_HDR = (
    *("-pix_fmt", "yuv420p10le", "-profile:v", "2"),
    *("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"),
)
_AV1 = ("-c:v", "libsvtav1", "-preset", "13", "-pix_fmt", "yuv420p")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One format.

    Args:
        itag: YouTube's number for it.
        mime: With its codecs.
        clip: File name of the clip that is served.
        recipe: Arguments of ffmpeg that make it.
        height_px: Of the picture; `None` for sound alone.
        width_px: Of the picture.
        fps: Frames a second.
        hdr: High dynamic range.
        kbps: What it says its bitrate is.
        size_bytes: What the clip is padded to; `None` leaves it as it is.
        language: Of the sound, where a video has several.
        original: Whether that is the language of the video itself.
    """

    itag: int
    mime: str
    clip: str
    recipe: tuple[str, ...]
    height_px: int | None = None
    width_px: int | None = None
    fps: int = 24
    hdr: bool = False
    kbps: int = 128
    size_bytes: int | None = None
    language: str | None = None
    original: bool = False

    @property
    def label(self) -> str:
        """What YouTube calls the quality, as in `1080p60 HDR`; a wide film is named as if it were 16:9."""
        sides_px = (self.height_px or 0, self.width_px or 0)
        named_px = max(min(sides_px), max(sides_px) * 9 // 16)
        return f"{named_px}p{self.fps if self.fps > 30 else ''}{' HDR' if self.hdr else ''}"  # noqa: PLR2004 - YouTube's rule


def _picture(width_px: int, height_px: int, fps: int) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=size={width_px}x{height_px}:rate={fps}:duration={CLIP_S}")


def _plain(width_px: int, height_px: int, fps: int) -> tuple[str, ...]:
    """Return a picture that even a slow machine encodes at any size."""
    return ("-f", "lavfi", "-i", f"color=c=teal:size={width_px}x{height_px}:rate={fps}:duration={CLIP_S}")


def _tone(hertz: int = 440) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"sine=frequency={hertz}:sample_rate=44100:duration={CLIP_S}")


def _h264(itag: int, height_px: int, codec: str, kbps: int) -> Stream:
    width_px = height_px * 16 // 9 // 2 * 2
    return Stream(
        itag=itag,
        mime=f'video/mp4; codecs="{codec}"',
        clip=f"h264-{height_px}.mp4",
        recipe=(*_picture(width_px, height_px, 24), *_H264),
        height_px=height_px,
        width_px=width_px,
        kbps=kbps,
    )


def _large(itag: int, height_px: int, codec: str, kbps: int, fps: int) -> Stream:
    """Return a format whose clip is a plain picture, made when it is downloaded and padded to a usual size."""
    width_px = height_px * 16 // 9 // 2 * 2
    hdr, is_webm = codec.startswith("vp09.02"), codec.startswith("vp09")
    encoder = (*_VP9, *(_HDR if hdr else ())) if is_webm else _AV1 if codec.startswith("av01") else _H264
    suffix = "webm" if is_webm else "mp4"
    return Stream(
        itag=itag,
        mime=f'video/{suffix}; codecs="{codec}"',
        clip=f"{codec.partition('.')[0]}-{height_px}-{fps}{'-hdr' if hdr else ''}.{suffix}",
        recipe=(*_plain(width_px, height_px, fps if height_px <= 1080 else 2), *encoder),  # noqa: PLR2004 - what is slow
        height_px=height_px,
        width_px=width_px,
        fps=fps,
        hdr=hdr,
        kbps=kbps,
        size_bytes=kbps * 1000 // 8 * CLIP_S,
    )


def _upright(itag: int, width_px: int, height_px: int, codec: str, kbps: int) -> Stream:
    return Stream(
        itag=itag,
        mime=f'video/mp4; codecs="{codec}"',
        clip=f"upright-{height_px}.mp4",
        recipe=(*_picture(width_px, height_px, 24), *_H264),
        height_px=height_px,
        width_px=width_px,
        kbps=kbps,
    )


def spoken(itag: int, language: str, hertz: int, *, original: bool) -> Stream:
    """Return an AAC sound track of one language."""
    return Stream(
        itag=itag,
        mime='audio/mp4; codecs="mp4a.40.2"',
        clip=f"tone-{hertz}.m4a",
        recipe=(*_tone(hertz), "-c:a", "aac", "-b:a", "128k"),
        language=language,
        original=original,
    )


AAC = Stream(
    itag=140,
    mime='audio/mp4; codecs="mp4a.40.2"',
    clip="tone-440.m4a",
    recipe=(*_tone(), "-c:a", "aac", "-b:a", "128k"),
)
OPUS = Stream(
    itag=251,
    mime='audio/webm; codecs="opus"',
    clip="tone-440.webm",
    recipe=(*_tone(), "-c:a", "libopus", "-b:a", "128k"),
    kbps=130,
)
BOTH = Stream(
    itag=18,
    mime='video/mp4; codecs="avc1.42001E, mp4a.40.2"',
    clip="both-360.mp4",
    recipe=(*_picture(640, 360, 24), *_tone(), *_H264, "-c:a", "aac", "-b:a", "96k"),
    height_px=360,
    width_px=640,
    kbps=500,
)
SMALL = (_h264(160, 144, "avc1.4d400c", 100), _h264(134, 360, "avc1.4d401e", 400), _h264(136, 720, "avc1.4d401f", 1200))
LARGE = (
    _large(133, 240, "avc1.4d4015", 300, 24),
    _large(135, 480, "avc1.4d401f", 900, 24),
    _large(299, 1080, "avc1.64002a", 4000, 60),
    _large(303, 1080, "vp09.00.41.08", 3000, 60),
    _large(335, 1080, "vp09.02.41.10.01.09.16.09.00", 4000, 60),
    _large(308, 1440, "vp09.00.50.08", 8000, 60),
    _large(315, 2160, "vp09.00.51.08", 16_000, 60),
    _large(337, 2160, "vp09.02.51.10.01.09.16.09.00", 18_000, 60),
    _large(401, 2160, "av01.0.13M.08", 12_000, 60),
    _large(571, 4320, "av01.0.17M.08", 70_000, 60),
)
NEWER = (*SMALL[:2], _large(244, 480, "vp09.00.30.08", 600, 24), AAC, OPUS)
"""The tallest is in a codec that not every phone has."""
LADDER = (*SMALL, *LARGE, AAC, OPUS)
"""Everything from 144p to 4320p."""
UPRIGHT = (
    _upright(134, 360, 640, "avc1.4d401e", 400),
    _upright(136, 720, 1280, "avc1.4d401f", 1200),
    AAC,
)
"""A short: as tall as others are wide."""
WIDE = (replace(SMALL[1], itag=134, clip="wide-268.mp4", recipe=(*_picture(640, 268, 24), *_H264), height_px=268), AAC)
"""A film in CinemaScope."""
USUAL = (*SMALL, AAC, OPUS)
"""What most of the emulated videos have."""
