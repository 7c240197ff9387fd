from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import imageio_ffmpeg
import psutil
import pytest

from fetchgram.errors import DiskFull, FfmpegError
from fetchgram.ports import Input, Watch
from fetchgram.workers.encoders import encodes
from fetchgram.workers.ffmpeg import Ffmpeg, find_ffmpeg, has_notes

if TYPE_CHECKING:
    from tests.framework.workers.conftest import Clips


PROGRAMS = {"system or packaged": find_ffmpeg, "packaged": lambda: Path(imageio_ffmpeg.get_ffmpeg_exe())}
SLOW = ("-c:v", "libx264", "-preset", "veryslow", "-vf", "scale=1920:1080")


@pytest.fixture(params=PROGRAMS, scope="session")
def ffmpeg(request: pytest.FixtureRequest) -> Ffmpeg:
    return Ffmpeg(PROGRAMS[request.param]())


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def child_of_this_process(timeout_s: float = 5) -> psutil.Process:
    async with asyncio.timeout(timeout_s):
        while True:
            for process in psutil.Process().children():
                if "ffmpeg" in process.name() and process.status() != psutil.STATUS_ZOMBIE:
                    return process
            await asyncio.sleep(0.02)


def test_the_system_program_is_preferred_and_the_packaged_one_is_the_fallback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_ffmpeg() == program
    monkeypatch.setenv("PATH", "/nowhere")
    assert find_ffmpeg() == Path(imageio_ffmpeg.get_ffmpeg_exe())


def test_a_given_program_that_cannot_be_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FfmpegError) as caught:
        find_ffmpeg(tmp_path)
    assert caught.value.kind == "missing"


async def test_progress_goes_from_nothing_to_all_and_the_output_appears(
    ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path
) -> None:
    source, output = clips.into(tmp_path, "clip.mp4"), tmp_path / "out.mp4"
    seen: list[float] = []
    await ffmpeg.run(
        ["-c:v", "libx264"],
        inputs=[source],
        output=output,
        workdir=tmp_path,
        watch=Watch(duration_s=2, on_progress=seen.append),
    )
    assert seen == sorted(seen)
    assert 0.9 <= seen[-1] <= 1
    assert output.stat().st_size > 1000
    assert names_in(tmp_path) == ["clip.mp4", "out.mp4"]


async def test_an_input_has_its_own_options(ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path) -> None:
    source, output = clips.into(tmp_path, "clip.mp4"), tmp_path / "out.wav"
    cut = Input(source, ("-ss", "1", "-t", "0.5"))
    await ffmpeg.run(["-vn"], inputs=[cut], output=output, workdir=tmp_path)
    assert 44_000 <= output.stat().st_size <= 45_000


@pytest.mark.parametrize("name", ["out.mp4", "out.m4a", "out.MOV"])
async def test_an_index_of_frames_comes_first_and_is_small(
    ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path, name: str
) -> None:
    source = clips.into(tmp_path, "clip.mp4")
    await ffmpeg.run(["-c", "copy"], inputs=[source], output=tmp_path / name, workdir=tmp_path)
    content = (tmp_path / name).read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert sum(chunks_of(content)) <= 3 * 2 < sum(chunks_of(source.read_bytes()))  # of two seconds of two streams


def chunks_of(content: bytes) -> list[int]:
    """Return how many places an MP4 names for each stream (ISO/IEC 14496-12, 8.7.5)."""
    return [int.from_bytes(found[1], "big") for found in re.finditer(rb"stco\0{4}(.{4})", content, re.DOTALL)]


async def test_cancelling_kills_within_a_second_and_leaves_no_file(
    ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path
) -> None:
    source = clips.into(tmp_path, "long.mp4")
    task = asyncio.ensure_future(ffmpeg.run(SLOW, inputs=[source], output=tmp_path / "out.mp4", workdir=tmp_path))
    process = await child_of_this_process()
    assert os.getpgid(process.pid) == process.pid
    await asyncio.sleep(0.3)
    started_s = time.perf_counter()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.perf_counter() - started_s < 1
    assert not process.is_running()
    assert names_in(tmp_path) == ["long.mp4"]


async def test_a_run_over_its_time_is_killed(ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path) -> None:
    source = clips.into(tmp_path, "long.mp4")
    with pytest.raises(FfmpegError) as caught:
        await ffmpeg.run(SLOW, inputs=[source], output=tmp_path / "o.mp4", workdir=tmp_path, watch=Watch(timeout_s=0.5))
    assert caught.value.kind == "timeout"


async def test_a_run_that_takes_more_of_the_processor_than_it_may_is_killed(
    ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path
) -> None:
    source = clips.into(tmp_path, "long.mp4")
    with pytest.raises(FfmpegError, match="processor") as caught:
        await ffmpeg.run(SLOW, inputs=[source], output=tmp_path / "o.mp4", workdir=tmp_path, watch=Watch(cpu_s=1))
    assert caught.value.kind == "timeout"


async def test_a_run_that_makes_no_progress_is_killed(ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path) -> None:
    source = clips.into(tmp_path, "long.mp4")
    impatient = Ffmpeg(ffmpeg.path, stall_s=0.6)
    task = asyncio.ensure_future(impatient.run(SLOW, inputs=[source], output=tmp_path / "o.mp4", workdir=tmp_path))
    process = await child_of_this_process()
    process.send_signal(signal.SIGSTOP)
    with pytest.raises(FfmpegError) as caught:
        await task
    assert caught.value.kind == "stalled"


async def test_a_run_that_somebody_else_kills_is_told_apart_from_one_that_fails(
    ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path
) -> None:
    source = clips.into(tmp_path, "long.mp4")
    task = asyncio.ensure_future(ffmpeg.run(SLOW, inputs=[source], output=tmp_path / "o.mp4", workdir=tmp_path))
    (await child_of_this_process()).kill()
    with pytest.raises(FfmpegError) as caught:
        await task
    assert caught.value.kind == "killed"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_stop_that_is_meant_for_the_bot_does_not_cut_a_file_off(
    ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path, number: signal.Signals
) -> None:
    source, seen = clips.into(tmp_path, "long.mp4"), asyncio.Queue[float]()
    watch = Watch(duration_s=100, on_progress=seen.put_nowait)
    words = ["-c:v", "libx264", "-preset", "slow"]
    run = ffmpeg.run(words, inputs=[source], output=tmp_path / "o.mp4", workdir=tmp_path, watch=watch)
    task = asyncio.ensure_future(run)
    process = await child_of_this_process()
    await seen.get()
    process.send_signal(number)
    for _ in range(3):
        await seen.get()
    assert not task.done()
    task.cancel()
    await asyncio.wait([task])


async def test_two_passes_share_their_notes_and_come_close_to_the_bitrate(
    ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path
) -> None:
    source, notes = clips.into(tmp_path, "picture.mp4"), tmp_path / "notes"
    arguments = ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "200k", "-an"]
    seen: list[float] = []
    watch = Watch(duration_s=2, on_progress=seen.append)
    await ffmpeg.first_pass(arguments, inputs=[source], notes=notes, workdir=tmp_path, watch=watch)
    assert has_notes(notes)
    assert seen
    assert not [name for name in names_in(tmp_path) if name.endswith(".temp")]
    await ffmpeg.run(arguments, inputs=[source], output=tmp_path / "o.mp4", workdir=tmp_path, notes=notes)
    assert 40_000 < (tmp_path / "o.mp4").stat().st_size < 62_000


async def test_notes_stay_inside_of_the_folder(ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path) -> None:
    workdir = tmp_path / "work"
    workdir.mkdir()
    source = clips.into(workdir, "picture.mp4")
    for notes in (tmp_path / "notes", Path("../notes"), Path("http://127.0.0.1/notes")):
        with pytest.raises(FfmpegError) as caught:
            await ffmpeg.first_pass(["-c:v", "libx264"], inputs=[source], notes=notes, workdir=workdir)
        assert caught.value.kind == "refused"


async def test_an_encoder_that_is_not_there_is_told(ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path) -> None:
    source = clips.into(tmp_path, "picture.mp4")
    with pytest.raises(FfmpegError) as caught:
        await ffmpeg.run(["-c:v", "libnothing"], inputs=[source], output=tmp_path / "o.mp4", workdir=tmp_path)
    assert caught.value.kind == "encoder"


async def test_an_encoder_counts_when_it_has_encoded_a_frame(ffmpeg: Ffmpeg) -> None:
    assert await encodes(ffmpeg, "libx264")
    assert not await encodes(ffmpeg, "libnothing")
    # In the list of names of the packaged one, but this needs a graphics card.
    assert not await encodes(ffmpeg, "h264_nvenc")


@pytest.mark.parametrize("threads", [1, 2])
async def test_the_number_of_threads_is_taken(ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path, threads: int) -> None:
    few = Ffmpeg(ffmpeg.path, threads=threads)
    words = few._words(["-c:v", "libx264"], [clips.into(tmp_path, "clip.mp4")], tmp_path)
    assert words.count("-threads") == 2
    await few.run(["-c", "copy"], inputs=[tmp_path / "clip.mp4"], output=tmp_path / "o.mp4", workdir=tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a video", os.urandom(4096)], ids=["empty", "text", "noise"])
async def test_an_unreadable_input_is_told(ffmpeg: Ffmpeg, tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "clip.mp4"
    source.write_bytes(content)
    with pytest.raises(FfmpegError) as caught:
        await ffmpeg.run(["-c", "copy"], inputs=[source], output=tmp_path / "o.mp4", workdir=tmp_path)
    assert caught.value.kind == "input"
    assert not (tmp_path / "o.mp4").exists()


async def test_an_old_output_stays_when_the_run_fails(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    (tmp_path / "in.mp4").write_bytes(b"no")
    (tmp_path / "o.mp4").write_bytes(b"before")
    with pytest.raises(FfmpegError):
        await ffmpeg.run([], inputs=[tmp_path / "in.mp4"], output=tmp_path / "o.mp4", workdir=tmp_path)
    assert (tmp_path / "o.mp4").read_bytes() == b"before"


async def test_a_picture_over_the_pixel_limit_is_not_decoded(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    source = tmp_path / "bomb.png"
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (40_000).to_bytes(4) * 2 + b"\x08\x02\0\0\0"
    source.write_bytes(header + zlib.crc32(header[12:]).to_bytes(4) + b"\0\0\0\0IDAT" + b"\0" * 1000)
    with pytest.raises(FfmpegError):
        await ffmpeg.run(["-frames:v", "1"], inputs=[source], output=tmp_path / "o.jpg", workdir=tmp_path)


@pytest.mark.parametrize(
    "name", ["/etc/hostname", "../outside.mp4", "link.mp4", "fifo.mp4", "folder", "missing.mp4", "http://127.0.0.1/x"]
)
async def test_an_input_that_is_no_plain_file_of_the_folder_is_refused(
    ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path, name: str
) -> None:
    workdir = tmp_path / "work"
    (workdir / "folder").mkdir(parents=True)
    clips.into(tmp_path, "clip.mp4").rename(tmp_path / "outside.mp4")
    (workdir / "link.mp4").symlink_to(tmp_path / "outside.mp4")
    os.mkfifo(workdir / "fifo.mp4")
    with pytest.raises(FfmpegError) as caught:
        await ffmpeg.run(["-c", "copy"], inputs=[Path(name)], output=Path("o.mp4"), workdir=workdir)
    assert caught.value.kind == "refused"


@pytest.mark.parametrize(
    "name", ["../o.mp4", "/tmp/o.mp4", "o.m3u8", "o.mpd", "o", "link.mp4", "rtmp://127.0.0.1/o.mp4"]
)
async def test_an_output_outside_of_the_folder_or_of_another_kind_is_refused(
    ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path, name: str
) -> None:
    source = clips.into(tmp_path, "clip.mp4")
    (tmp_path / "link.mp4").symlink_to(tmp_path.parent / "elsewhere.mp4")
    with pytest.raises(FfmpegError) as caught:
        await ffmpeg.run(["-c", "copy"], inputs=[source], output=Path(name), workdir=tmp_path)
    assert caught.value.kind == "refused"


@pytest.mark.parametrize(
    "arguments",
    [
        ["-i", "/etc/hostname"],
        ["-c", "copy", "/tmp/second_output.mp4"],
        ["-c", "copy", "-"],
        ["-f", "tee", "-map", "0"],
        ["-/filter:v", "script"],
        ["-vf", "movie=/etc/hostname"],
        ["-vf", "null[a];amovie@x = http://127.0.0.1"],
        ["-vf", "subtitles=list.srt"],
        ["-attach", "/etc/hostname"],
        ["-protocol_whitelist", "http"],
        ["-c:v"],
        ["-vf", "drawtext=textfile=http://127.0.0.1/"],
    ],
)
async def test_an_argument_that_would_open_something_else_is_refused(
    ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path, arguments: list[str]
) -> None:
    source = clips.into(tmp_path, "clip.mp4")
    with pytest.raises(FfmpegError) as caught:
        await ffmpeg.run(arguments, inputs=[source], output=tmp_path / "o.mp4", workdir=tmp_path)
    assert caught.value.kind == "refused"


async def test_a_full_disk_is_recognised(ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path) -> None:
    script = """
        import asyncio, sys
        from pathlib import Path
        from fetchgram.errors import DiskFull
        from fetchgram.workers.ffmpeg import Ffmpeg

        async def main():
            small = Path(sys.argv[2])
            (small / "in.mp4").write_bytes(Path(sys.argv[3]).read_bytes())
            try:
                await Ffmpeg(Path(sys.argv[1])).run(
                    ["-c:v", "mpeg4", "-b:v", "20M"], inputs=[small / "in.mp4"], output=small / "o.mp4", workdir=small
                )
            except DiskFull:
                print("disk full")
            else:
                print("no error")

        asyncio.run(main())
    """
    small = tmp_path / "small"
    small.mkdir()
    run = f'mount -t tmpfs -o size=1m none "{small}" && exec "$@"'
    arguments = [sys.executable, "-c", textwrap.dedent(script), ffmpeg.path, small, clips.path("clip.mp4")]
    process = await asyncio.create_subprocess_exec(
        *("unshare", "--map-root-user", "--mount", "sh", "-c", run, "sh", *map(str, arguments)),
        stdout=subprocess.PIPE,
    )
    shown, _ = await process.communicate()
    assert shown.decode().splitlines()[-1] == "disk full"


def test_disk_full_is_of_our_tree() -> None:
    assert issubclass(DiskFull, Exception)
