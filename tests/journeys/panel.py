"""The panel as somebody walks through it, and what shows that somebody was kept out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchgram_sandbox.happenings import QueryAsked
from fetchgram_sandbox.objects import CallbackQuery, Message

from .conftest import Guest, until

if TYPE_CHECKING:
    from fetchgram_sandbox.live_bot import LiveBot

PANEL = ("Admin panel", "Audit log", "People", "Access")


async def opens_panel(guest: Guest) -> Message:
    said = guest.says("/admin")
    return await guest.sees(lambda m: "Admin panel" in m.text and m.message_id > said.message_id)


async def walks(guest: Guest, screen: Message, label: str, until_: str) -> Message:
    """Press a button and return the screen that the same message shows then."""
    guest.person.tap(screen, label)
    return await guest.sees(lambda m: m.message_id == screen.message_id and until_ in m.text)


async def answers(guest: Guest, words: str, until_: str) -> Message:
    said = guest.says(words)
    return await guest.sees(lambda m: m.message_id > said.message_id and until_ in m.text)


async def card_of(admin: Guest, somebody: Guest) -> Message:
    panel = await opens_panel(admin)
    people = await walks(admin, panel, "People", "Everybody")
    await walks(admin, people, "Search", "Send a number")
    found = await answers(admin, str(somebody.person.id), "Found for")
    return await walks(admin, found, somebody.person.user.first_name, "Last here")


async def appoints(olga: Guest, somebody: Guest, role: str) -> None:
    somebody.says("/start")
    await somebody.sees("Send me a link")
    card = await card_of(olga, somebody)
    choice = await walks(olga, card, "Role", "Which role?")
    await walks(olga, choice, role, f"· {role.lower()}")


def saw_nothing(guest: Guest) -> bool:
    return not any(word in message.text for message in guest.messages() for word in PANEL)


def logged(live: LiveBot, event: str, person: int) -> bool:
    return any(line.get("event") == event and line.get("person") == person for line in live.log_lines())


def forges(guest: Guest, message: Message, data: str) -> None:
    """Send a press that no client would send."""
    world = guest.live.stage.world
    query = CallbackQuery(world.new_id(), guest.person.id, data, world.clock(), message=message)
    world.emit(QueryAsked(query))


async def is_refused(guest: Guest, live: LiveBot, event: str) -> None:
    await until(lambda: logged(live, event, guest.person.id), guest.story)
    assert saw_nothing(guest)


async def is_not_shown_again(guest: Guest) -> None:
    said = guest.says("/admin")
    await guest.sees(lambda m: m.message_id > said.message_id and "Send me a link" in m.text)
