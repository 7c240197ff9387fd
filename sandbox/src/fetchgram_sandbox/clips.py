"""Makes the media site's clips with ffmpeg: real H.264, AAC and MP3, a few seconds each, once per folder."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

CLIP_S = 6
# All exactly 16:9, as a DASH adaptation set needs.
_HEIGHTS_PX = (144, 360, 720)
_BITRATES_KBPS = {144: 100, 360: 300, 720: 900}
_SUNSET = (
    "gradients=size={width_px}x{height_px}:rate=24:duration={duration_s}:seed=3:speed=0.03"
    ":nb_colors=4:c0=0x1b1464:c1=0xff5e62:c2=0xffc371:c3=0x2b86c5"
)
_DONE = "clips-are-made"
_TAGS = ("-metadata", "title=Test tone", "-metadata", "artist=Sandbox Band", "-metadata", "album=Loopback")


async def make_clips(folder: Path) -> None:
    """Fill a folder with the clips, if it is not filled yet.

    Raises:
        RuntimeError: There is no ffmpeg, or it failed.
    """
    if await asyncio.to_thread(_is_made, folder):
        return
    for height_px in _HEIGHTS_PX:
        await _make_video(folder, height_px)
    await _make_pictures(folder)
    await _make_audio(folder)
    await _make_hls(folder)
    await _make_dash(folder)
    (folder / _DONE).touch()


def _is_made(folder: Path) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / _DONE).exists()


def ffmpeg_path() -> str:
    """Return the system's ffmpeg, else the one in the `imageio-ffmpeg` wheel."""
    found = shutil.which("ffmpeg")
    if found is not None:
        return found
    import imageio_ffmpeg  # noqa: PLC0415 - only where the system has none

    return str(imageio_ffmpeg.get_ffmpeg_exe())


async def _make_video(folder: Path, height_px: int) -> None:
    width_px = height_px * 16 // 9 // 2 * 2
    rate = f"{_BITRATES_KBPS[height_px]}k"
    # A constant bitrate, filled up where the picture needs less: the qualities differ in size as real ones do.
    constant = ("-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", rate, "-x264-params", "nal-hrd=cbr")
    # A key frame every 2 s lets the same streams be cut into segments without encoding again.
    key_frames = ("-g", "48", "-sc_threshold", "0")
    await run_ffmpeg(
        folder,
        *("-f", "lavfi", "-i", _SUNSET.format(width_px=width_px, height_px=height_px, duration_s=CLIP_S)),
        *("-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=44100:duration={CLIP_S}"),
        *("-c:v", "libx264", "-preset", "ultrafast", *constant, *key_frames, "-pix_fmt", "yuv420p"),
        *("-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart", f"clip-{height_px}.mp4"),
    )


async def _make_pictures(folder: Path) -> None:
    await run_ffmpeg(folder, "-ss", "1", "-i", "clip-720.mp4", "-frames:v", "1", "-q:v", "3", "picture.jpg")
    await run_ffmpeg(folder, "-i", "picture.jpg", "-vf", "scale=300:300", "-q:v", "4", "cover.jpg")


async def _make_audio(folder: Path) -> None:
    cover = ("-i", "cover.jpg", "-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic")
    await run_ffmpeg(
        folder,
        "-i",
        "clip-360.mp4",
        *cover,
        "-c:a",
        "libmp3lame",
        "-b:a",
        "128k",
        *_TAGS,
        "-id3v2_version",
        "3",
        "song.mp3",
    )
    await run_ffmpeg(folder, "-i", "clip-360.mp4", *cover, "-c:a", "copy", *_TAGS, "song.m4a")


async def _make_hls(folder: Path) -> None:
    lines = ["#EXTM3U", "#EXT-X-VERSION:3"]
    for height_px in _HEIGHTS_PX:
        name = f"hls-{height_px}"
        segments = ("-hls_time", "2", "-hls_playlist_type", "vod", "-hls_segment_filename", f"{name}-%02d.ts")
        await run_ffmpeg(folder, "-i", f"clip-{height_px}.mp4", "-c", "copy", "-f", "hls", *segments, f"{name}.m3u8")
        bandwidth = (_BITRATES_KBPS[height_px] + 96) * 1000
        resolution = f"{height_px * 16 // 9 // 2 * 2}x{height_px}"
        lines += [
            f'#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},RESOLUTION={resolution},CODECS="avc1.42c01e,mp4a.40.2"',
            f"{name}.m3u8",
        ]
    (folder / "master.m3u8").write_text("\n".join(lines) + "\n", encoding="utf-8")


async def _make_dash(folder: Path) -> None:
    inputs = [word for height_px in _HEIGHTS_PX for word in ("-i", f"clip-{height_px}.mp4")]
    maps = [word for index in range(len(_HEIGHTS_PX)) for word in ("-map", f"{index}:v")]
    sets = ("-adaptation_sets", "id=0,streams=v id=1,streams=a", "-seg_duration", "2")
    names = (
        "-init_seg_name",
        "dash-init-$RepresentationID$.m4s",
        "-media_seg_name",
        "dash-$RepresentationID$-$Number$.m4s",
    )
    await run_ffmpeg(folder, *inputs, *maps, "-map", "0:a", "-c", "copy", "-f", "dash", *sets, *names, "manifest.mpd")


async def run_ffmpeg(folder: Path, *words: str) -> None:
    """Run ffmpeg in a folder; the last word is what it makes.

    Raises:
        RuntimeError: It failed.
    """
    process = await asyncio.create_subprocess_exec(
        ffmpeg_path(),
        *("-nostdin", "-hide_banner", "-loglevel", "error", "-y"),
        *words,
        cwd=folder,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, errors = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise RuntimeError(f"ffmpeg could not make {words[-1]}: {errors.decode(errors='replace').strip()}")
