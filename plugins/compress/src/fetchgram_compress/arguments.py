"""A plan as ffmpeg's arguments: pure."""

from __future__ import annotations

from pathlib import Path

from fetchgram.api import Input, MediaInfo
from fetchgram_compress.formats import SOUNDS, VIDEOS
from fetchgram_compress.tracks import Plan, SoundTrack, VideoTrack, Work

# x264's veryfast with the lookahead and adaptive quantisation of slower presets, blocks down to 8x8 between frames and
# a second reference. Measured beside plain `-preset medium` in benchmarks/bench_compress.py.
X264 = "rc-lookahead=40:aq-mode=2"
_CAREFUL = "subme=5:partitions=i8x8,i4x4,p8x8:ref=2:mixed-refs=1"
_FIRST = "subme=0:trellis=0:partitions=none"
"""A first pass only counts: it searches as little as there is. `-x264-params` comes after ffmpeg's own choice of a fast
first pass, so that is said again."""
_FIRST_RATE = "ratetol=10:zones=0,0,q=25"
"""The first pass meets no size: it begins with a picture of middling quality and goes slowly on from there. Left to
itself, x264 begins with its guess at a bitrate, at a quantiser of up to 50, of which nothing follows for 25."""
_LEAST_OWED, _MOST_OWED = 0.02, 0.2
_TURNS = {90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}
_MAYBE_INTERLACED = frozenset({"h264", "mpeg2video", "mpeg4", "vc1", "dvvideo"})
_DEINTERLACED = "bwdif=mode=send_frame:deint=interlaced"
"""Makes frames whole that say to be interlaced, as cameras and television write them, and hands all others on."""
# Reinhard's and Hable's curves want linear light; 203 cd/m2 is the white of HDR (ITU-R BT.2408).
_TO_SDR = "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv"


def source_of(plan: Plan, path: Path) -> Input:
    """Return the input, cut before it is decoded: a late stretch of a long film costs no more than an early one."""
    if plan.cut_s is None:
        return Input(path)
    start_s, end_s = plan.cut_s
    return Input(path, ("-ss", f"{start_s:.3f}", "-t", f"{end_s - start_s:.3f}"))


def sound_of(path: Path) -> Input:
    """Return a sound that was made alone as an input with its own times: it may begin later than its picture.

    Without the option ffmpeg moves the first moment of each input to 0 (doc/ffmpeg.texi, `-seek_timestamp`).
    """
    return Input(path, ("-seek_timestamp", "1"))


def whole(plan: Plan, source: MediaInfo, encoder: str | None) -> tuple[str, ...]:
    """Return the arguments that make the result in one run."""
    if plan.work is Work.PICTURE and plan.video is not None:
        return (*_still(plan, plan.video), *plan.picture)
    audio = ("-map", "0:a:0", *sound(plan.sound)) if plan.sound is not None else ("-an",)
    if plan.video is None:
        return ("-vn", *audio, *_REST, *_tags(plan, source))
    return (*picture(plan, plan.video, source, encoder), *audio, *_REST)


def beside(plan: Plan, source: MediaInfo, encoder: str) -> tuple[str, ...]:
    """Return the arguments that encode the picture and copy the sound of a second input, if it has any.

    The sound of a film may be over before the stretch that is kept.
    """
    video = picture(plan, plan.video, source, encoder) if plan.video is not None else ()
    audio = ("-map", "1:a:0?", "-c:a", "copy") if plan.sound is not None else ("-an",)
    return (*video, *audio, *_REST)


def joined(plan: Plan) -> tuple[str, ...]:
    """Return the arguments that put the picture of one input and the sound of another into one file."""
    form = VIDEOS.get(plan.video.codec or "") if plan.video is not None else None
    tagged = ("-tag:v", form.tag) if form is not None and form.tag else ()
    return ("-map", "0:v:0", "-c:v", "copy", *tagged, "-map", "1:a:0", "-c:a", "copy", *_REST)


def silent(plan: Plan, source: MediaInfo, encoder: str) -> tuple[str, ...]:
    """Return the arguments of a first pass: the picture alone."""
    return (*picture(plan, plan.video, source, encoder, is_first=True), "-an", "-sn", "-dn")


def only_sound(track: SoundTrack) -> tuple[str, ...]:
    """Return the arguments that make the sound alone, to be weighed."""
    return ("-map", "0:a:0", "-vn", *sound(track), *_REST)


def sound(track: SoundTrack) -> tuple[str, ...]:
    """Return the arguments of the sound."""
    if track.format is None:
        return ("-c:a", "copy")
    words: tuple[str, ...] = ("-c:a", SOUNDS[track.format].encoder)
    if track.kbps is not None:
        words += ("-b:a", f"{track.kbps}k")
    if track.channels is not None:
        words += ("-ac", str(track.channels))
    return (*words, *(_VOICE if track.format == "voice" else ()))


def picture(
    plan: Plan, track: VideoTrack | None, source: MediaInfo, encoder: str | None, *, is_first: bool = False
) -> tuple[str, ...]:
    """Return the arguments of the moving picture, of its first pass or of the one that makes it."""
    if track is None:
        return ()
    tag = VIDEOS[track.codec or source.video_codec or ""].tag if (track.codec or source.video_codec) in VIDEOS else None
    tagged = ("-tag:v", tag) if tag and plan.suffix == ".mp4" else ()
    if track.codec is None:
        return (*_FIRST_FILM, "-c:v", "copy", *tagged)
    whole = [_DEINTERLACED] if source.video_codec in _MAYBE_INTERLACED else []
    filters = ("-vf", ",".join([*whole, *_filters(plan, track)]))
    rate = ("-b:v", f"{int(track.kbps)}k") if track.kbps is not None else _quality(track, encoder)
    options = _options(track, encoder, plan.duration_s, is_first=is_first)
    return (*_FIRST_FILM, *filters, "-c:v", encoder or "", *options, *rate, *tagged)


_FIRST_FILM = ("-map", "0:V:0")
"""The first picture that is no embedded cover (doc/ffmpeg.texi, "Stream specifiers")."""
_REST = ("-sn", "-dn", "-map_metadata", "0")
_VOICE = ("-application", "voip", "-vbr", "on")


_OF_ANOTHER_FILE = ("major_brand", "minor_version", "compatible_brands")
"""Facts about an MP4, which ffmpeg reads as if they were tags."""
_PLACES = ("location", "location-eng", "com.apple.quicktime.location.ISO6709")
"""Where a phone filmed: nobody expects that in a song."""


def _tags(plan: Plan, source: MediaInfo) -> tuple[str, ...]:
    """Take the tags of a song along: those of the whole file, but in Ogg those of its stream."""
    words = ["-map_metadata:s:a:0", "-1"]  # else a track's name would be the song's title in Ogg
    if source.container == "ogg":
        words += ["-map_metadata", "0:s:a:0"]
    if plan.suffix == ".mp3":
        words += ["-id3v2_version", "3"]  # the version that players of every age read
    for name in (*_OF_ANOTHER_FILE, *_PLACES):
        words += ["-metadata", f"{name}="]
    return tuple(words)


def _options(track: VideoTrack, encoder: str | None, duration_s: float, *, is_first: bool) -> tuple[str, ...]:
    form = VIDEOS[track.codec or ""]
    if encoder == "libx264":
        search = _FIRST if is_first else _CAREFUL
        owed = _FIRST_RATE if is_first else f"ratetol={_tolerance(duration_s):.2f}"
        words = f"{X264}:{search}:{owed}"
        x264 = ("-preset", "veryfast", "-x264-params", words)
        # A level is promised, so it is stated: a decoder may refuse a stream that says more than it needs.
        return (*x264, "-profile:v", "high", "-level:v", "4.1", "-pix_fmt", "yuv420p")
    return (*(form.options if encoder == form.encoders[0] else ()), "-pix_fmt", "yuv420p")


def _tolerance(duration_s: float) -> float:
    """Return x264's `ratetol`: how much it may owe before it pays back, in two seconds of its bitrate.

    What it still owes at the end is missed, so a short film gets less.
    """
    return min(_MOST_OWED, max(_LEAST_OWED, duration_s / 100))


def _quality(track: VideoTrack, encoder: str | None) -> tuple[str, ...]:
    form = VIDEOS[track.codec or ""]
    if encoder == form.encoders[0]:
        return ("-crf", str(track.crf or form.crf))
    # Encoders of hardware have no common word for quality, but all take a bitrate.
    kbps = track.width_px * track.height_px * track.fps * form.bits_per_pixel / 1000
    return ("-b:v", f"{kbps:.0f}k")


def _filters(plan: Plan, track: VideoTrack) -> list[str]:
    turned = plan.turn_deg % 180 != 0
    width_px, height_px = (track.height_px, track.width_px) if turned else (track.width_px, track.height_px)
    return [
        *(["crop='min(iw,ih)':'min(iw,ih)'"] if track.square else []),
        f"scale={width_px}:{height_px}:flags=lanczos,setsar=1",
        *([f"fps={track.fps:g}"] if track.is_slower else []),
        *([_TURNS[plan.turn_deg]] if plan.turn_deg else []),
        *([_TO_SDR] if track.to_sdr else []),
    ]


def _still(plan: Plan, track: VideoTrack) -> tuple[str, ...]:
    filters = ",".join(_filters(plan, track))
    return (*("-map", "0:v:0", "-frames:v", "1", "-update", "1", "-vf", filters), "-an", "-map_metadata", "-1")
