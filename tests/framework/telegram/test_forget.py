from __future__ import annotations

from fetchgram_sandbox.person import Person

from .conftest import Bot


async def test_somebody_is_forgotten_when_they_are_sure_and_not_before(bot: Bot, chat: Person) -> None:
    chat.say("/forget")
    asked = await chat.wait_for_text("Shall I forget you?", timeout_s=30)
    async with bot.storage.read() as session:
        assert await session.people.get(bot.account.bot_id, chat.id) is not None
    chat.tap(asked, asked.buttons[0].label)
    await chat.wait_for_text("I know nothing about you", timeout_s=30)
    async with bot.storage.read() as session:
        assert await session.people.get(bot.account.bot_id, chat.id) is None
        events = await session.events.after(0, 99)
    assert [event.name for event in events if event.person == chat.id] == ["person.forgotten"]
