"""What the tests of the sandbox share: a real aiogram bot over the emulated server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.clips import make_clips
from fetchgram_sandbox.clock import StoppedClock


def bot_for(api: BotApi, token: str | None = None) -> Bot:
    """Build a real aiogram bot whose server is the sandbox."""
    return Bot(token or api.token, session=AiohttpSession(api=TelegramAPIServer.from_base(api.url)))


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def bot(bot_api: BotApi) -> AsyncIterator[Bot]:
    bot = bot_for(bot_api)
    yield bot
    await bot.session.close()


@pytest.fixture
def new_bot() -> Callable[..., Bot]:
    return bot_for


@pytest.fixture
async def clips(clips_folder: Path) -> Path:
    await make_clips(clips_folder)
    return clips_folder
