"""A process that records a history and adds it up in small pieces until it is killed; each step prints a line."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from histories import plain_history  # type: ignore[import-not-found]  # it lies beside this script
from sqlalchemy import func, select

from fetchgram.testing import FakeClock, FakeContext, open_database
from fetchgram_analytics import summing
from fetchgram_analytics.dates import Place
from fetchgram_analytics.plugin import Plugin
from fetchgram_analytics.settings import Settings
from fetchgram_analytics.tables import events

ZONE = "Europe/Berlin"


async def main(folder: Path, count: int) -> None:
    summing.PIECE = 7
    history = plain_history(count)
    async with open_database("analytics", folder, Plugin.migrations) as database:
        plugin = Plugin(
            Settings(timezone=ZONE),
            FakeContext(name="analytics", data_dir=folder, clock=FakeClock(), database=database),
        )
        adding = summing.Summing(database, Place(ZONE))
        async with database.read() as transaction:
            (last,) = (await transaction.execute(select(func.coalesce(func.max(events.c.event_id), 0)))).one()
        # A little of what was told before comes again, as after any crash.
        for start in range(max(0, last - 3), count, 10):
            async with database.write() as transaction:
                await plugin.on_events(history[start : start + 10], transaction)
            await adding.catch_up()
            sys.stdout.write(f"{start}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
