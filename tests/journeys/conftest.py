"""What the journeys share: one running bot, and people with patience."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram_sandbox.live_bot import UNHURRIED, LiveBot, open_live_bot
from fetchgram_sandbox.objects import Chat, Message, StoredFile
from fetchgram_sandbox.person import Person

PATIENCE_S = 90.0
"""Generous: a journey shows that something happens, a benchmark how fast."""

SMALL_LIMITS = f"""{UNHURRIED}
botapi_max = "2 MB"
split = false
[limits]
running = 1
links_per_minute = 7
links_per_message = 4
file_max = "5 MB"
[plugins]
hook_timeout_s = 100
[plugin.instagram]
mirrors = "ddinstagram.com"
look_timeout_s = 90
[plugin.youtube]
probe_timeout_s = 80
socket_timeout_s = 60
"""


class Guest:
    """A person whose tests read like the chat.

    Args:
        live: The bot that the person chats with.
        person: Who it is.
        chat: Where; the private chat by default.
    """

    def __init__(self, live: LiveBot, person: Person, chat: Chat | None = None) -> None:
        self.live, self.person, self.chat = live, person, chat
        self.site = live.stage.site.url

    def says(self, text: str, reply_to: Message | None = None) -> Message:
        return self.person.say(text, self.chat, reply_to=reply_to)

    async def asks_for(self, link: str) -> Message:
        """Send a link and return its card."""
        sent = self.says(link)
        return await self.sees_card(sent)

    async def sees_card(self, of: Message | None = None) -> Message:
        return await self.sees(lambda m: len(m.buttons) > 1 and (of is None or m.reply_to_id == of.message_id))

    async def sees(self, what: str | Callable[[Message], object]) -> Message:
        find = (lambda m: what in m.text) if isinstance(what, str) else what
        return await self.person.wait_for(find, PATIENCE_S, chat=self.chat)

    async def sees_button(self, label: str) -> Message:
        return await self.sees(lambda m: any(label in button.label for button in m.buttons))

    async def taps(self, message: Message, label: str) -> str:
        """Tap a button and return the toast."""
        return (await self.person.tap_and_wait(message, label, PATIENCE_S)).text

    async def gets(self, kind: str, number: int = 1) -> StoredFile:
        """Wait until so many files of a kind have arrived and return the last."""
        await until(lambda: len(self.files(kind)) >= number, self.story)
        return self.files(kind)[number - 1]

    def files(self, kind: str) -> list[StoredFile]:
        return [m.file for m in self.messages() if _is_delivered(m) and m.file is not None and m.file.kind == kind]

    def messages(self) -> list[Message]:
        bot_id = self.live.stage.world.bot.id
        return [m for m in self.person.messages(self.chat) if m.sender_id == bot_id]

    async def sees_vanish(self, message: Message) -> None:
        world = self.live.stage.world
        await until(lambda: world.find_message(message.chat_id, message.message_id) is None, self.story)

    def history(self, message: Message) -> list[str]:
        """Return every text that a message has had."""
        return [form.text for form in self.live.stage.world.history(message.chat_id, message.message_id)]

    def story(self) -> str:
        return self.person.transcript(self.chat)


def _is_delivered(message: Message) -> bool:
    # A card has buttons; one that ended in words keeps its picture.
    return message.file is not None and not message.keyboard and not any(s in message.text for s in ("✖️", "❌"))


async def until(condition: Callable[[], object], story: Callable[[], object] = lambda: "") -> None:
    """Wait until something is so."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"waited {PATIENCE_S} s in vain:\n{story()}")


@pytest.fixture(scope="session")
def closed_port() -> Iterator[str]:
    """Give an address where nobody listens, and nobody else will."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def live(
    clips_folder: Path, tmp_path_factory: pytest.TempPathFactory, closed_port: str
) -> AsyncIterator[LiveBot]:
    """Give one running bot to all journeys that leave it alive."""
    folder = tmp_path_factory.mktemp("live")
    async with open_live_bot(clips_folder, folder, more=SMALL_LIMITS, allow=[closed_port]) as live:
        yield live
        assert live.stage.api.problems == []


@pytest.fixture
def bob(live: LiveBot) -> Guest:
    """Give somebody new in a private chat."""
    return Guest(live, live.newcomer("Bob"))


@pytest.fixture
def guest(live: LiveBot) -> Callable[..., Guest]:
    """Give more people, and people in groups."""

    def made(name: str = "Carol", *, chat: Chat | None = None) -> Guest:
        return Guest(live, live.newcomer(name), chat)

    return made
