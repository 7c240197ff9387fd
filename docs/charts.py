"""Draw `docs/charts/`: every chart of the plugin analytics, over a history that is always the same.

Run it by `make charts`.
"""

# ruff: noqa: INP001, S311  # a script beside the pages; chance that is the same each time

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image

from fetchgram.api import Event, Json, Person
from fetchgram.plugins.loader import packages
from fetchgram.testing import FakeClock, FakeContext, open_database
from fetchgram.texts import Texts
from fetchgram_analytics.card import card
from fetchgram_analytics.charts.asked import View
from fetchgram_analytics.charts.atlas import CHARTS, DASHBOARD, sheet
from fetchgram_analytics.dates import Place
from fetchgram_analytics.painter import Painter
from fetchgram_analytics.plugin import Plugin
from fetchgram_analytics.settings import Settings, Theme
from fetchgram_analytics.summing import Summing

FOLDER = Path(__file__).parent / "charts"
NOW = datetime(2026, 11, 25, 20, 30, tzinfo=UTC)
_DAYS = 75
_COLOURS = 64
"""Of the stored pictures: they are a fifth as large then."""


async def main() -> None:
    """Draw all of them."""
    texts = Texts.load()
    with tempfile.TemporaryDirectory() as folder:
        async with open_database("analytics", Path(folder), Plugin.migrations) as database:
            context = FakeContext(
                name="analytics", data_dir=Path(folder), clock=FakeClock(NOW), database=database, texts=texts
            )
            plugin = Plugin(Settings(timezone="Europe/Berlin"), context)
            texts.add(packages({"analytics": plugin}))
            history = list(_history())
            for start in range(0, len(history), 500):
                async with database.write() as transaction:
                    await plugin.on_events(history[start : start + 500], transaction)
            await _draw_all(context)


async def _draw_all(context: FakeContext) -> None:
    settings = Settings(timezone="Europe/Berlin")
    painter = Painter(context, settings, Summing(context.database, Place(settings.timezone)))
    for name in (DASHBOARD, *CHARTS):
        asked = await painter.asked(View(chart=name), "en")
        await _store(painter, await sheet(asked, Theme.LIGHT), name)
    asked = await painter.asked(View(), "en")
    await _store(painter, await sheet(asked, Theme.DARK), "dashboard-dark")
    alone = await painter.asked(View(chart="files", plugin="instagram"), "en")
    await _store(painter, await sheet(alone, Theme.DARK), "files-of-one-platform")
    mine = await asked.queries.mine(1)
    await _store(painter, card(asked, mine, Person(bot_id=1, id=1, first_name="Ann"), dark=False), "card")
    await _store(
        painter, card(asked, mine, Person(bot_id=1, id=1, first_name="سارة עולם"), dark=True), "card-right-to-left"
    )
    nobody = replace(asked, at=NOW - timedelta(days=900))
    await _store(painter, await sheet(nobody, Theme.LIGHT), "dashboard-empty")


async def _store(painter: Painter, shown: object, name: str) -> None:
    path = FOLDER / f"{name}.png"
    await painter.draw(shown, path)  # type: ignore[arg-type]  # a Sheet
    Image.open(path).convert("RGB").quantize(_COLOURS).save(path, optimize=True)


def _history() -> Iterator[Event]:
    """Tell of two months and a half: busier in the evenings and at weekends, and every week a little more."""
    dice, number = random.Random(3), 0
    for day in range(_DAYS, -1, -1):
        morning = (NOW - timedelta(days=day)).replace(hour=0)
        busy = (1 + (_DAYS - day) / 150) * (1.4 if morning.weekday() >= 4 else 1)  # noqa: PLR2004  # Friday
        for _ in range(int(dice.gauss(70, 8) * busy)):
            at = morning + timedelta(hours=min(21.9, max(0.0, dice.gauss(16.5, 3.5))))
            for event in _wish(dice, at, day):
                if event.at <= NOW:
                    number += 1
                    yield replace(event, id=number)
    tally: dict[str, Json] = {"delivered": 481, "blocked": 22, "gone": 5, "failed": 3, "uncertain": 1}
    yield Event(name="broadcast.done", at=NOW - timedelta(days=2), bot_id=1, data=tally, id=number + 1)


def _wish(dice: random.Random, at: datetime, day: int) -> Iterator[Event]:
    person = int(dice.paretovariate(0.7)) % (400 + 3 * (_DAYS - day))
    plugin = dice.choices(["youtube", "instagram", "ytdlp"], [6, 3, 1])[0]

    def event(name: str, **data: Json) -> Event:
        return Event(name=name, at=at, bot_id=1, person=person, plugin=plugin, data=data)

    if dice.random() < 0.02:  # noqa: PLR2004  # one of fifty
        yield event("person.new", language="en")
    yield event("request.accepted")
    if dice.random() < {"youtube": 0.02, "instagram": 0.06, "ytdlp": 0.1}[plugin]:
        yield event("request.failed", reason=dice.choice(["private", "gone", "geo", "login", "private"]), seconds=1.0)
        return
    yield event("request.probed", seconds=dice.lognormvariate(0, 0.5))
    yield event("job.begun", waited_s=dice.lognormvariate(-1, 1.5))
    yield from _file(dice, event("job.stage"))


def _file(dice: random.Random, like: Event) -> Iterator[Event]:
    kind = dice.choices(["video", "audio", "album"], [8, 2, 1])[0]
    size, cached = int(dice.lognormvariate(16.8, 1.2)), dice.random() < 0.25  # noqa: PLR2004  # one of four
    download_s = dice.lognormvariate(2, 0.6) * (size / 2e7) ** 0.3
    if not cached:
        yield replace(like, data={"stage": "download", "seconds": download_s, "size_bytes": size})
        if dice.random() < 0.2:  # noqa: PLR2004  # one of five
            yield replace(like, data={"stage": "post_process", "seconds": download_s * 2, "size_bytes": size})
    send_s = dice.lognormvariate(0.7, 0.6)
    data: dict[str, Json] = {
        "route": "cache" if cached else "botapi" if size < 50_000_000 else "mtproto",  # noqa: PLR2004  # its limit
        "cached": cached,
        "size_bytes": size,
        "seconds": send_s + (0 if cached else download_s),
        "send_s": send_s,
        "kind": kind,
        "height_px": dice.choice([360, 720, 720, 1080]) if kind == "video" else None,
    }
    yield replace(like, name="job.delivered", data=data)


if __name__ == "__main__":
    asyncio.run(main())
