"""The one place that starts ffmpeg: local files of one folder in, one file out."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from fetchgram.errors import DiskFull, FfmpegError
from fetchgram.workers import command, launch
from fetchgram.workers.command import Input
from fetchgram.workers.limits import MIB
from fetchgram.workers.output import Output
from fetchgram.workers.watch import beside

log = structlog.get_logger()

OnProgress = Callable[[float], None]

_GLOBAL = ("-nostdin", "-hide_banner", "-loglevel", "error", "-nostats", "-progress", "pipe:1", "-y")
_DISK_FULL = ("No space left on device", "Disk quota exceeded")
_BAD_INPUT = ("Invalid data found when processing input", "moov atom not found", "Format not on whitelist")
_LOOK_S = 0.25
_MICROSECONDS = 1_000_000


def find_ffmpeg(path: Path | None = None) -> Path:
    """Return the program: the given one, else the system's, else the packaged one.

    Raises:
        FfmpegError: If there is none; `missing`.
    """
    if path is not None:
        if not os.access(path, os.X_OK) or path.is_dir():
            raise FfmpegError("missing", f"{path} cannot be run")
        return path.absolute()
    found = shutil.which("ffmpeg")
    return Path(found) if found else _packaged()


def _packaged() -> Path:
    try:
        import imageio_ffmpeg  # noqa: PLC0415  # only where the system has none

        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise FfmpegError("missing", "no ffmpeg in PATH and none packaged") from error


@dataclass(slots=True)
class _Pulse:
    """The last sign of life."""

    at_s: float
    seen: tuple[object, ...] = ()

    def feel(self, *seen: object) -> None:
        if seen != self.seen:
            self.seen, self.at_s = seen, time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    words: tuple[str, ...]
    part: Path
    duration_s: float | None
    on_progress: OnProgress | None
    stall_s: float


class Ffmpeg:
    """Runs ffmpeg, each time in a process group of its own and, where the host allows it, without a network.

    Args:
        path: The program, from `find_ffmpeg`.
        nice: Added to the bot's own niceness.
        data_bytes: Memory that one run may use.
    """

    def __init__(self, path: Path, *, nice: int = 5, data_bytes: int = 3072 * MIB) -> None:
        self.path = path
        self._nice = nice
        self._data_bytes = data_bytes

    async def run(  # noqa: PLR0913  # keyword-only settings of one run
        self,
        arguments: Sequence[str],
        *,
        inputs: Sequence[Path | Input],
        output: Path,
        workdir: Path,
        duration_s: float | None = None,
        on_progress: OnProgress | None = None,
        timeout_s: float | None = None,
        stall_s: float = 60.0,
    ) -> None:
        """Make `output` from `inputs`; it appears whole or not at all.

        Args:
            arguments: Options of the output, each with its value.
            inputs: Plain files inside of `workdir`.
            output: Inside of `workdir`; replaced if it exists.
            workdir: The job's folder.
            duration_s: Of the result, to turn its position into a part of the whole.
            on_progress: Called with the part that is done, 0 to 1.
            timeout_s: For the whole run.
            stall_s: Without any sign of progress for this long, it is given up.

        Raises:
            FfmpegError: `refused`, `input` (unreadable), `stalled`, `timeout`, `output` (nothing came out), `failed`.
            DiskFull: If there is no room.
        """
        target = command.output_of(output, workdir)
        # A name of our own making: image muxers expand patterns in names.
        part = target.with_name(f".{secrets.token_hex(8)}.part{target.suffix.lower()}")
        words = (
            *(str(self.path), *_GLOBAL),
            *command.inputs_of(inputs, workdir),
            *(*command.checked(arguments), f"file:{part}"),
        )
        run = _Run(words=words, part=part, duration_s=duration_s, on_progress=on_progress, stall_s=stall_s)
        try:
            async with asyncio.timeout(timeout_s) as timeout:
                await self._execute(run, workdir)
            await asyncio.to_thread(_accept, part, target)
        except TimeoutError as error:
            raise (FfmpegError("timeout", f"over {timeout_s} s") if timeout.expired() else error) from error
        finally:
            part.unlink(missing_ok=True)

    async def _execute(self, run: _Run, workdir: Path) -> None:
        output = Output("ffmpeg", event="ffmpeg.output")
        read_fd, write_fd = os.pipe()
        try:
            await output.attach(read_fd)
            process = await self._spawn(run.words, workdir, write_fd)
        except BaseException:
            await output.close()
            raise
        finally:
            os.close(write_fd)
        try:
            pulse = _Pulse(time.monotonic())
            await beside(_follow(process, run, pulse), _watch_pulse(run, pulse))
        finally:
            await _kill(process)
            await output.close()
        _judge(process.returncode, output.tail)

    async def _spawn(self, words: Sequence[str], workdir: Path, stderr: int) -> Process:
        limits = (str(os.getpid()), str(self._nice), str(self._data_bytes))
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(Path(launch.__file__)), *limits, *words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            cwd=workdir,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"},
            start_new_session=True,
        )


async def _follow(process: Process, run: _Run, pulse: _Pulse) -> None:
    """Read ffmpeg's progress reports (`key=value` lines, doc/ffmpeg.texi `-progress`) until it ends."""
    if process.stdout is None:
        return
    async for line in process.stdout:
        key, _, value = line.decode(errors="replace").strip().partition("=")
        if key in ("out_time_us", "total_size") and value.lstrip("-").isdigit():
            pulse.feel(key, value)
        if key == "out_time_us" and value.isdigit() and run.duration_s and run.on_progress is not None:
            run.on_progress(min(1.0, int(value) / _MICROSECONDS / run.duration_s))
    await process.wait()


async def _watch_pulse(run: _Run, pulse: _Pulse) -> None:
    size: tuple[int, int] | None = None
    while True:
        await asyncio.sleep(min(_LOOK_S, run.stall_s / 4))
        found = await asyncio.to_thread(_size, run.part)
        if found != size:  # moving the index to the front writes without reports
            size, pulse.at_s = found, time.monotonic()
        if time.monotonic() - pulse.at_s > run.stall_s:
            raise FfmpegError("stalled", f"no progress for {run.stall_s} s")


def _size(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


async def _kill(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.shield(process.wait())


def _judge(code: int | None, tail: str) -> None:
    if any(sign in tail for sign in _DISK_FULL):
        raise DiskFull(f"ffmpeg: {tail[-400:]}")
    if code == 0:
        return
    log.warning("ffmpeg.failed", exit_code=code, tail=tail)
    kind = "input" if any(sign in tail for sign in _BAD_INPUT) else "failed"
    raise FfmpegError(kind, tail or f"exit code {code}")


def _accept(part: Path, target: Path) -> None:
    try:
        is_empty = part.stat().st_size == 0
    except FileNotFoundError:
        is_empty = True
    if is_empty:
        raise FfmpegError("output", "nothing came out")
    part.replace(target)
