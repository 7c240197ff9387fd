"""A small bot process for the kill test: polls, handles, writes down what it handled."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from aiogram.types import Update
from pydantic import SecretStr

from fetchgram.clock import SystemClock
from fetchgram.settings import BotSettings, DeliverySettings
from fetchgram.storage import open_storage
from fetchgram.telegram.client import build_client
from fetchgram.telegram.flood import Line
from fetchgram.telegram.inbox import Inbox
from fetchgram.telegram.polling import Polling


async def main(url: str, token: str, folder: Path, pause_s: float) -> None:
    clock = SystemClock()
    storage = await open_storage(None, folder)
    bot = build_client("main", BotSettings(token=SecretStr(token), api_url=url))

    async def handle(update: Update) -> None:
        await asyncio.sleep(pause_s)
        with (folder / "handled").open("a") as file:
            file.write(f"{update.message.text}\n")  # type: ignore[union-attr]  # the test sends texts only

    inbox = Inbox(bot=bot, storage=storage, clock=clock, handle=handle)
    line = Line(bot, DeliverySettings(), clock)
    polling = Polling(name="main", line=line, storage=storage, clock=clock, on_news=inbox.wake)
    (folder / "started").touch()
    async with asyncio.TaskGroup() as group:
        group.create_task(inbox.run())
        group.create_task(polling.run())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), float(sys.argv[4])))
