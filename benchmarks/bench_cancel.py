"""From the tap on Cancel, while ffmpeg encodes: until the chat says so, and until no ffmpeg of the bot is left."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from fetchgram_sandbox.live_bot import LiveBot, open_live_bot
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.person import Person
from films import make_film
from table import Table, is_quick, percentile, silence_logs

_PATIENCE_S = 60.0
_LOOK_S = 0.005
_TAPS = ("Smaller", "H.265", "Start")


async def main() -> None:
    """Measure and print."""
    rounds = 3 if is_quick(__doc__ or "") else 15
    silence_logs()
    table = Table("Cancel while ffmpeg encodes, ms", "until", "median", "90 %", "most")
    with tempfile.TemporaryDirectory(prefix="bench-cancel-") as name:
        folder = Path(name)
        film = make_film(folder, "pattern", size="1280x720", seconds=20)
        async with open_live_bot(folder / "clips", folder) as live:
            found = [await _cancelled(live, film) for _ in range(rounds)]
    for column, label in enumerate(("no ffmpeg is left", "the chat says so")):
        of_one = [times[column] * 1000 for times in found]
        table.row(label, *(f"{percentile(of_one, share):.0f}" for share in (0.5, 0.9, 1.0)))
    table.note(f"{rounds} people, each with a film of 20 s at 1280x720 on its way to H.265.")
    table.show()


async def _cancelled(live: LiveBot, film: Path) -> tuple[float, float]:
    person = live.newcomer("Ann")
    await person.send_file(film, "video")
    for label in _TAPS:
        await person.tap_and_wait(await _button(person, label), label, _PATIENCE_S)
    await _until(lambda: _encodes(live.process.pid) and any("%" in m.text for m in person.messages()))
    card = await _button(person, "Cancel")
    began = time.perf_counter()
    person.tap(card, "Cancel")
    ended, told = await asyncio.gather(
        _until(lambda: not _encodes(live.process.pid)),
        _until(lambda: any("Cancelled" in message.text for message in person.messages())),
    )
    return ended - began, told - began


async def _button(person: Person, label: str) -> Message:
    return await person.wait_for(lambda m: any(label in button.label for button in m.buttons), _PATIENCE_S)


async def _until(condition: Callable[[], object]) -> float:
    async with asyncio.timeout(_PATIENCE_S):
        while not condition():
            await asyncio.sleep(_LOOK_S)
    return time.perf_counter()


def _encodes(bot_pid: int) -> bool:
    for child in psutil.Process(bot_pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it ends while we look
            if "ffmpeg" in child.name() and child.status() != psutil.STATUS_ZOMBIE:
                return True
    return False


if __name__ == "__main__":
    asyncio.run(main())
