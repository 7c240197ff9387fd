"""What may stand on ffmpeg's command line: files of one folder, and no option that opens anything else."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from fetchgram.errors import FfmpegError
from fetchgram.ports import Input
from fetchgram.workers.containers import INPUT_RULES, WRITABLE_SUFFIXES, forced_format

_FLAGS = frozenset({"-an", "-vn", "-sn", "-dn", "-shortest", "-copyts", "-accurate_seek", "-bitexact"})
_REFUSED = frozenset(
    {
        *("-i", "-f", "-y", "-n", "-attach", "-dump_attachment", "-progress", "-report", "-sdp_file", "-vstats_file"),
        *("-filter_script", "-filter_complex_script", "-protocol_whitelist", "-format_whitelist", "-max_pixels"),
        *("-pass", "-passlogfile", "-stats", "-x265-stats", "-map_channel"),
        *("-enable_drefs", "-use_absolute_path", "-pattern_type", "-protocol_opts"),
    }
)
# These filters open a file by themselves, without the white lists. Burning in goes through `ass`, which libass reads.
_OPENING_FILTER = re.compile(r"(?<![a-z0-9_])(a?movie|subtitles|a?zmq|a?sendcmd|find_rect|ladspa|lv2)(@\w+)?\s*=")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def inputs_of(inputs: Sequence[Path | Input], workdir: Path, *, more: Sequence[str] = ()) -> list[str]:
    """Return the part of the command line that names the inputs.

    Args:
        inputs: Files, some with options of their own.
        workdir: Where they are.
        more: Options of all of them.

    Raises:
        FfmpegError: If one of them is not a plain file of the folder.
    """
    known = [given if isinstance(given, Input) else Input(given) for given in inputs]
    return [word for given in known for word in _input(given, workdir, more)]


def _input(given: Input, workdir: Path, more: Sequence[str]) -> Iterator[str]:
    for name, value in INPUT_RULES.items():
        yield from (f"-{name}", value)
    yield from more
    yield from checked(given.options)
    place = _inside(given.path, workdir)
    if demuxer := forced_format(place):
        yield from ("-f", demuxer)
    yield from ("-i", f"file:{place}")


def notes_of(notes: Path, workdir: Path) -> Path:
    """Return the place of a first pass's notes, to whose name the encoder adds.

    Raises:
        FfmpegError: If it is outside of the folder.
    """
    return _place_of(notes, workdir)


def output_of(output: Path, workdir: Path) -> Path:
    """Return the place of the output.

    Raises:
        FfmpegError: If it is outside of the folder or of a kind that is not written.
    """
    if output.suffix.lower() not in WRITABLE_SUFFIXES:
        raise FfmpegError("refused", f"no output of kind {output.suffix!r}")
    return _place_of(output, workdir)


def _place_of(output: Path, workdir: Path) -> Path:
    refuse_url(output)
    if (workdir / output).is_symlink():
        raise FfmpegError("refused", f"{output.name!r} is a link")
    folder = (workdir / output).parent.resolve()
    if not folder.is_relative_to(workdir.resolve()):
        raise FfmpegError("refused", f"{output.name!r} is not inside the work folder")
    return folder / output.name


def _inside(path: Path, workdir: Path) -> Path:
    refuse_url(path)
    place = workdir / path
    try:
        real = place.resolve(strict=True)
    except OSError as error:
        raise FfmpegError("refused", f"{path.name!r} is not there") from error
    if place.is_symlink() or not real.is_relative_to(workdir.resolve()):
        raise FfmpegError("refused", f"{path.name!r} is not inside the work folder")
    if not stat.S_ISREG(real.stat().st_mode):
        raise FfmpegError("refused", f"{path.name!r} is no plain file")
    return real


def refuse_url(path: Path) -> None:
    """Raise for a path that looks like a url: `Path` folds `http://x` to `http:/x`.

    Raises:
        FfmpegError: If it does.
    """
    if re.match(r"[a-z][a-z0-9+.-]*:", str(path), re.IGNORECASE):
        raise FfmpegError("refused", "a url is no file")


def checked(arguments: Sequence[str]) -> list[str]:
    """Return the arguments if each is an option with its value, and none opens a file.

    Raises:
        FfmpegError: If a word would be taken for another output, or an option is refused.
    """
    words = iter(arguments)
    for word in words:
        name = word.split(":", 1)[0]
        if not word.startswith("-") or word.startswith("-/") or name in _REFUSED or word == "-":
            raise FfmpegError("refused", f"the argument {word!r} is not allowed")
        if word not in _FLAGS:
            _check_value(name, next(words, None))
    return list(arguments)


def _check_value(name: str, value: str | None) -> None:
    if value is None or "\0" in value:
        raise FfmpegError("refused", f"the option {name!r} has no usable value")
    if name == "-metadata":  # plain text for the file, never opened
        return
    if _URL.search(value) or _OPENING_FILTER.search(value):
        raise FfmpegError("refused", f"the value of {name!r} would open something")
