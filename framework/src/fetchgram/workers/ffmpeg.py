"""The one place that starts ffmpeg: local files of one folder in, one file out."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from fetchgram.errors import DiskFull, FfmpegError
from fetchgram.ports import Input, Watch
from fetchgram.workers import command, launch
from fetchgram.workers.containers import output_rules
from fetchgram.workers.limits import MIB
from fetchgram.workers.output import Output
from fetchgram.workers.pulse import Pulse
from fetchgram.workers.watch import beside

log = structlog.get_logger()

_GLOBAL = ("-nostdin", "-hide_banner", "-loglevel", "error", "-nostats", "-progress", "pipe:1", "-y")
_DISK_FULL = ("No space left on device", "Disk quota exceeded")
_BAD_INPUT = ("Invalid data found when processing input", "moov atom not found", "Format not on whitelist")
_NO_ENCODER = ("Unknown encoder", "Error while opening encoder", "Could not open encoder")
_NOTES = "-0.log"
"""What ffmpeg adds to the name of a first pass's notes: `-<number of the stream>.log`."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    words: tuple[str, ...]
    workdir: Path
    part: Path | None
    watch: Watch


class Ffmpeg:
    """Runs ffmpeg, each time in a process group of its own and, where the host allows it, without a network.

    Args:
        path: The program, from `find_ffmpeg`.
        nice: Added to the bot's own niceness.
        threads: Of each encoder and decoder; 0 leaves it to them.
        stall_s: Without any sign of progress for this long, a run is given up.
        data_bytes: Memory that one run may use.
    """

    def __init__(
        self,
        path: Path,
        *,
        nice: int = 5,
        threads: int = 0,
        stall_s: float = 60.0,
        data_bytes: int = 3072 * MIB,
    ) -> None:
        self.path = path
        self._nice = nice
        self._threads = ("-threads", str(threads)) if threads else ()
        self._stall_s = stall_s
        self._data_bytes = data_bytes

    async def run(
        self,
        arguments: Sequence[str],
        *,
        inputs: Sequence[Path | Input],
        output: Path,
        workdir: Path,
        watch: Watch | None = None,
        notes: Path | None = None,
    ) -> None:
        """Make `output` from `inputs`; see `ports.MediaTools.run`."""
        target = command.output_of(output, workdir)
        # A name of our own making: image muxers expand patterns in names.
        part = target.with_name(f".{secrets.token_hex(8)}.part{target.suffix.lower()}")
        second = _pass(2, command.notes_of(notes, workdir)) if notes is not None else ()
        rules = output_rules(target.suffix)
        words = (*self._words((*rules, *arguments), inputs, workdir), *second, f"file:{part}")
        try:
            await self._timed(_Run(words=words, workdir=workdir, part=part, watch=watch or Watch()))
            await asyncio.to_thread(_accept, part, target)
        finally:
            part.unlink(missing_ok=True)

    async def first_pass(
        self,
        arguments: Sequence[str],
        *,
        inputs: Sequence[Path | Input],
        notes: Path,
        workdir: Path,
        watch: Watch | None = None,
    ) -> None:
        """Encode for the notes alone; see `ports.MediaTools.first_pass`."""
        place = command.notes_of(notes, workdir)
        words = (*self._words(arguments, inputs, workdir), *_pass(1, place), "-f", "null", "-")
        await self._timed(_Run(words=words, workdir=workdir, part=None, watch=watch or Watch()))
        if not await asyncio.to_thread(has_notes, place):
            raise FfmpegError("output", "the first pass left no notes")

    def _words(self, arguments: Sequence[str], inputs: Sequence[Path | Input], workdir: Path) -> tuple[str, ...]:
        return (
            *(str(self.path), *_GLOBAL),
            *command.inputs_of(inputs, workdir, more=self._threads),
            *(*command.checked(arguments), *self._threads),
        )

    async def _timed(self, run: _Run) -> None:
        timeout_s = run.watch.timeout_s
        try:
            async with asyncio.timeout(timeout_s) as timeout:
                await self._execute(run)
        except TimeoutError as error:
            raise (FfmpegError("timeout", f"over {timeout_s} s") if timeout.expired() else error) from error

    async def _execute(self, run: _Run) -> None:
        output = Output("ffmpeg", event="ffmpeg.output")
        read_fd, write_fd = os.pipe()
        try:
            await output.attach(read_fd)
            process = await self._spawn(run.words, run.workdir, write_fd)
        except BaseException:
            await output.close()
            raise
        finally:
            os.close(write_fd)
        try:
            pulse = Pulse(part=run.part, stall_s=self._stall_s, cpu_s=run.watch.cpu_s)
            await beside(pulse.follow(process, lambda at_s: _tell(run.watch, at_s)), pulse.watch(process))
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


def _pass(number: int, notes: Path) -> tuple[str, ...]:
    return ("-pass", str(number), "-passlogfile", str(notes))


def has_notes(notes: Path) -> bool:
    """Whether a first pass has come to its end here: the encoder renames what it wrote when it is whole."""
    found = notes.with_name(notes.name + _NOTES)
    return found.is_file() and found.stat().st_size > 0


def _tell(watch: Watch, at_s: float) -> None:
    if watch.duration_s and watch.on_progress is not None:
        watch.on_progress(min(1.0, at_s / watch.duration_s))


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
    raise FfmpegError("killed" if code == -signal.SIGKILL else _kind_of(tail), tail or f"exit code {code}")


def _kind_of(tail: str) -> str:
    if any(sign in tail for sign in _NO_ENCODER):
        return "encoder"
    return "input" if any(sign in tail for sign in _BAD_INPUT) else "failed"


def _accept(part: Path, target: Path) -> None:
    try:
        is_empty = part.stat().st_size == 0
    except FileNotFoundError:
        is_empty = True
    if is_empty:
        raise FfmpegError("output", "nothing came out")
    part.replace(target)
