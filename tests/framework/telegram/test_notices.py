from __future__ import annotations

import asyncio
from pathlib import Path

from pydantic import SecretStr

from fetchgram.clock import SystemClock
from fetchgram.model import Role, text
from fetchgram.plugins.loader import packages
from fetchgram.plugins.status import PluginState
from fetchgram.settings import BotSettings, Settings
from fetchgram.storage import open_storage
from fetchgram.telegram.account import open_accounts
from fetchgram.telegram.notices import Notices
from fetchgram.telegram.plugin import TelegramPlugin
from fetchgram.texts import Texts
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.person import Person


async def test_owners_and_admins_hear_once_that_a_plugin_is_paused_and_that_it_is_back(
    bot_api: BotApi, chat: Person, tmp_path: Path
) -> None:
    adam, vera = (Person(bot_api.world, bot_api.world.new_person(name)) for name in ("Adam", "Vera"))
    settings = Settings(bots={"main": BotSettings(token=SecretStr(bot_api.token), api_url=bot_api.url)})
    accounts = open_accounts(settings, SystemClock())
    notices = Notices(accounts, owners=[chat.id])
    texts = Texts.load(packages({"telegram": TelegramPlugin.__new__(TelegramPlugin)}))
    storage = await open_storage(None, tmp_path)
    async with storage.write() as session:
        for person, role in ((adam, Role.ADMIN), (vera, Role.VIEWER)):
            await session.people.set_role(bot_api.world.bot.id, person.id, role)
    running = asyncio.create_task(notices.run(texts, storage))
    chat.say("/start")
    for state in (PluginState.PAUSED, PluginState.PAUSED, PluginState.ACTIVE):
        notices.plugin_changed("site", state, "it <b>broke</b>" if state is PluginState.PAUSED else None)
    await chat.wait_for_text("works again")
    told = [message.text for message in chat.messages() if message.sender_id == bot_api.world.bot.id]
    assert len(told) == 2
    assert "site is paused" in told[0].replace("\u2068", "").replace("\u2069", "")
    assert "it <b>broke</b>" in told[0]
    await adam.wait_for_text("works again")
    assert not vera.messages()
    await notices(text("telegram-plugin-back", plugin="other"), only=lambda admin: admin == adam.id)
    await adam.wait_for_text("other")
    assert not any("other" in message.text for message in chat.messages())
    running.cancel()
    await asyncio.wait([running])
    await storage.close()
    for account in accounts.values():
        await account.close()
