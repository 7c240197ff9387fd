"""`fetchgram compress`: the same engine without Telegram."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from fetchgram.api import (
    ConfigError,
    DiskFull,
    MediaInfo,
    PluginError,
    Step,
    is_no_room,
    open_media,
    run_until_signal,
)
from fetchgram.api import Settings as CoreSettings
from fetchgram_compress.engine import Engine, Made
from fetchgram_compress.formats import PICTURES, SOUNDS, VIDEOS
from fetchgram_compress.settings import Settings
from fetchgram_compress.sleeve import Sleeve
from fetchgram_compress.speed import Speed
from fetchgram_compress.tracks import Plan, Work
from fetchgram_compress.wishes import NAME, TURNS, Wish, of_steps

_FACTORS = {"": 1_000_000, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]?)i?b?")
_FLAGS = {"sound": "audio", "picture": "image", "smaller": "codec", "animation": "gif"}
"""What is called otherwise on the command line than on the menu."""
_EXCLUDED: Mapping[str, tuple[str, ...]] = {
    "sound": ("picture", "note", "animation", "smaller", "height", "fps", "turn", "mute"),
    "picture": ("note", "animation", "smaller", "fps", "kbps", "mute"),
    "note": ("animation", "smaller"),
    "animation": ("smaller", "kbps"),
    "mute": ("kbps",),
}
"""What makes no sense beside what, as in presets."""
_NEW_CODECS = ("hevc", "av1")
_STEPS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One call of the command."""

    file: Path
    output: Path | None
    wish: Wish
    as_json: bool
    plan_only: bool


def command_of(settings: Settings, presets: Mapping[str, Wish]) -> Callable[..., None]:
    """Return the command, bound to these settings."""

    def compress(  # noqa: PLR0913, PLR0917  # one parameter for each option of the command line
        context: typer.Context,
        file: Annotated[Path, typer.Argument(help="A local film, song or picture.", exists=True, dir_okay=False)],
        output: Annotated[
            Path | None, typer.Option("--output", "-o", help="The result; its folder must exist.")
        ] = None,
        fit: Annotated[str | None, typer.Option(help="Largest size, as in 25MB.")] = None,
        audio: Annotated[str | None, typer.Option(help=f"Only the sound: {', '.join(SOUNDS)}.")] = None,
        image: Annotated[str | None, typer.Option(help=f"A picture: {', '.join(PICTURES)}.")] = None,
        codec: Annotated[str | None, typer.Option(help=f"Encode anew: {', '.join(VIDEOS)}.")] = None,
        preset: Annotated[str | None, typer.Option(help="Of [plugin.compress.presets].")] = None,
        height: Annotated[int | None, typer.Option(help="Largest shorter side, as 720.", min=64)] = None,
        fps: Annotated[int | None, typer.Option(help="Most frames a second.", min=1)] = None,
        cut: Annotated[str | None, typer.Option(help="The stretch to keep in seconds, as in 90-165.5.")] = None,
        turn: Annotated[int, typer.Option(help=f"Degrees clockwise: {', '.join(map(str, TURNS))}.")] = 0,
        kbps: Annotated[int | None, typer.Option(help="Bitrate of the sound.", min=8, max=320)] = None,
        *,
        phone: Annotated[bool, typer.Option("--phone", help="It must play on every phone.")] = False,
        mute: Annotated[bool, typer.Option("--mute", help="Without sound.")] = False,
        note: Annotated[bool, typer.Option("--note", help="A round video message.")] = False,
        gif: Annotated[bool, typer.Option("--gif", help="A film without sound that repeats.")] = False,
        plan: Annotated[bool, typer.Option("--plan", help="Say what would be done, and do nothing.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    ) -> None:
        given = {
            "preset": preset,
            "cut": cut,
            "turn": turn,
            "height": height,
            "fps": fps,
            "mute": mute,
            "kbps": kbps,
            "smaller": codec,
            "sound": audio,
            "picture": image,
            "note": note,
            "animation": gif,
            "phone": phone,
            "fit": _size(fit),
        }
        wish = _wish(given, presets)
        order = Order(file=file, output=output, wish=wish, as_json=as_json, plan_only=plan)
        with _system_errors(order):
            run_until_signal(_carry_out(context.obj, settings, order))

    return compress


async def _carry_out(core: CoreSettings, settings: Settings, order: Order) -> None:
    async with open_media(core) as media:
        engine = Engine(media, settings, Speed())
        if order.plan_only:
            with _workdir(order.file.parent) as folder:
                plan, time_s = await engine.predict(_linked(order.file, folder), order.wish, folder)
            _say(order, _planned(plan, time_s), _sentence(plan, time_s))
            return
        plan, _ = engine.plan(await engine.look(order.file), order.wish)
        output = _output(order, plan)
        with _workdir(output.parent) as folder:
            made = await _made(engine, order, folder)
            _put(made, order.file, output, folder)
    _say(order, _described(made, output), str(output))


@contextmanager
def _system_errors(order: Order) -> Iterator[None]:
    """Tell what the system refuses in a sentence.

    Raises:
        DiskFull: If there is no room.
        ConfigError: If a file cannot be read or written for another reason.
    """
    try:
        yield
    except OSError as error:
        if is_no_room(error):
            raise DiskFull(str(error)) from error
        place = error.filename2 or error.filename or str(order.file)
        raise ConfigError(f"{place!r}: {error.strerror}") from error


@contextmanager
def _workdir(beside: Path) -> Iterator[Path]:
    """Make a folder on the same file system where that may be written, so that nothing is copied."""
    roof = beside.resolve() if os.access(beside, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix=".fetchgram-compress-", dir=roof) as folder:
        yield Path(folder)


def _linked(file: Path, workdir: Path) -> Path:
    """Return a copy to work on, which costs nothing where the file system can link."""
    source = workdir / f"source{file.suffix.lower()}"
    try:
        source.hardlink_to(file.resolve())
    except OSError:
        shutil.copyfile(file, source)
    return source


async def _made(engine: Engine, order: Order, workdir: Path) -> Made:
    source, sleeve = _linked(order.file, workdir), Sleeve(title=order.file.stem)
    if order.as_json or not sys.stderr.isatty():
        return await engine.make(source, order.wish, workdir, "result", lambda _share: None, sleeve)
    with typer.progressbar(length=_STEPS, label="Converting", file=sys.stderr) as bar:
        return await engine.make(
            source,
            order.wish,
            workdir,
            "result",
            lambda share: bar.update(max(0, int(share * _STEPS) - bar.pos)),
            sleeve,
        )


def _put(made: Made, source: Path, output: Path, workdir: Path) -> None:
    """Put the result in its place, whole or not at all; a file that was left is copied, not linked."""
    result = made.path
    if made.plan.work is Work.LEAVE:
        if output.exists() and output.samefile(source):
            return
        result = Path(shutil.copyfile(source, workdir / "copy"))
    result.replace(output)


def _output(order: Order, plan: Plan) -> Path:
    suffix = plan.suffix or order.file.suffix
    output = order.output or order.file.with_name(f"{order.file.stem}-compressed{suffix}")
    if output.is_dir():
        output /= f"{order.file.stem}{suffix}"
    if output.suffix.lower() != suffix.lower():
        raise ConfigError(f"the result is a {suffix} file, and {str(output)!r} does not end so; name another by -o")
    if not output.parent.is_dir():
        raise ConfigError(f"the folder {str(output.parent)!r} is not there; name another by -o")
    if not os.access(output.parent, os.W_OK):
        raise ConfigError(f"the folder {str(output.parent)!r} cannot be written to; name another by -o")
    if plan.work is not Work.LEAVE and output.exists() and output.samefile(order.file):
        raise ConfigError("the result would replace the file that it is made of; name another by -o")
    return output


def _say(order: Order, facts: Mapping[str, object], sentence: str) -> None:
    typer.echo(json.dumps(facts, ensure_ascii=False) if order.as_json else sentence)


def _planned(plan: Plan, time_s: float) -> dict[str, object]:
    video, sound = plan.video, plan.sound
    return {
        "work": plan.work.value,
        "suffix": plan.suffix,
        "size_bytes": plan.size_bytes,
        "exact": plan.exact,
        "time_s": round(time_s, 1),
        "duration_s": plan.duration_s,
        "video": video
        and {
            "codec": video.codec or "copy",
            "width_px": video.width_px,
            "height_px": video.height_px,
            "fps": video.fps,
            "kbps": video.kbps and round(video.kbps),
            "crf": video.crf,
        },
        "sound": sound and {"format": sound.format or "copy", "kbps": sound.kbps, "channels": sound.channels},
    }


def _sentence(plan: Plan, time_s: float) -> str:
    about = "" if plan.exact else "about "
    return f"{plan.work.value}: {about}{plan.size_bytes / 1_000_000:.2f} MB in about {time_s:.0f} s"


def _described(made: Made, output: Path) -> dict[str, object]:
    info: MediaInfo = made.info
    return {
        "path": str(output),
        "work": made.plan.work.value,
        "size_bytes": info.size_bytes,
        "mime": info.mime,
        "duration_s": info.duration_s,
        "width_px": info.width_px,
        "height_px": info.height_px,
        "attempts": made.attempts,
        "took_s": round(made.took_s, 2),
    }


def _wish(given: Mapping[str, object], presets: Mapping[str, Wish]) -> Wish:
    """Read the options as the menu's are read.

    Raises:
        ConfigError: If one of them is not understood, or two exclude each other.
    """
    wanted = {name: value for name, value in given.items() if value is not None and value != 0}
    for one, other in _contradictions(wanted):
        raise ConfigError(f"--{_FLAGS.get(one, one)} and --{_FLAGS.get(other, other)} exclude each other")
    steps = [Step(key=f"{NAME}.{name}", input=str(value)) for name, value in wanted.items()]
    try:
        return of_steps(steps, presets)
    except PluginError as error:
        name = next(step for step in steps if step.key in str(error))
        raise ConfigError(f"{name.input!r} is not understood; see `fetchgram compress --help`") from error


def _contradictions(wanted: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for one, others in _EXCLUDED.items():
        yield from ((one, other) for other in others if one in wanted and other in wanted)
    if "phone" in wanted and wanted.get("smaller") in _NEW_CODECS:
        yield "phone", f"{_FLAGS['smaller']} {wanted['smaller']}"


def _size(words: str | None) -> int | None:
    """Read `25MB`, `800k` or `25` (megabytes).

    Raises:
        ConfigError: If it is none of these.
    """
    if words is None:
        return None
    found = _SIZE.fullmatch(words.strip().lower())
    size = int(float(found[1]) * _FACTORS[found[2]]) if found else 0
    if size <= 0:
        raise ConfigError(f"{words!r} is no size; write it as 25MB")
    return size
