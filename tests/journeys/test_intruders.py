"""Those who have no business in the panel, by every way in that there is: nobody gets in, each attempt is logged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

from .conftest import Guest, until
from .panel import (
    answers,
    appoints,
    card_of,
    forges,
    is_not_shown_again,
    is_refused,
    logged,
    opens_panel,
    saw_nothing,
    walks,
)

if TYPE_CHECKING:
    from fetchgram_sandbox.live_bot import LiveBot
    from fetchgram_sandbox.objects import Message

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


@pytest.fixture
def olga(live: LiveBot) -> Guest:
    """Give the owner whom the configuration names."""
    return Guest(live, live.stage.person)


async def test_to_an_ordinary_person_there_is_no_panel(bob: Guest, live: LiveBot) -> None:
    for command in ("/admin", "/audit", "/error 7KQ2MD"):
        bob.says(command)
    await is_refused(bob, live, "command.refused")


async def test_a_look_alike_is_nobody(live: LiveBot, olga: Guest) -> None:
    user = olga.person.user
    world = live.stage.world
    double = Guest(live, live.newcomer(user.first_name, username=f"{user.username}_"))
    world.people[double.person.id] = type(user)(double.person.id, user.first_name, user.last_name, user.username)
    double.says("/admin")
    await is_refused(double, live, "command.refused")


async def test_a_command_that_is_passed_on_is_nobodys_order(live: LiveBot, olga: Guest, bob: Guest) -> None:
    owners = olga.says("/admin")
    bob.person.forward(owners)
    await is_refused(bob, live, "command.refused")
    before = sum("Admin panel" in message.text for message in olga.messages())
    olga.person.forward(bob.says("/admin"))
    await until(lambda: logged(live, "command.refused", olga.person.id), olga.story)
    await olga.sees("You are an owner")
    assert sum("Admin panel" in message.text for message in olga.messages()) <= before + 1


async def test_whoever_owns_a_group_owns_no_bot(live: LiveBot, bob: Guest) -> None:
    group = live.stage.world.new_chat("Mine", [bob.person.user])
    there = Guest(live, bob.person, group)
    there.says("/admin")
    await until(lambda: logged(live, "command.refused", bob.person.id), there.story)
    assert saw_nothing(there)


async def test_the_panel_in_a_group_is_its_callers_alone(live: LiveBot, olga: Guest, bob: Guest) -> None:
    group = live.stage.world.new_chat("Friends", [bob.person.user, olga.person.user])
    hers, his = Guest(live, olga.person, group), Guest(live, bob.person, group)
    panel = await opens_panel(hers)
    assert "somebody else" in await his.taps(panel, "People")
    assert logged(live, "press.foreign", bob.person.id)
    shown = live.stage.world.find_message(group.id, panel.message_id)
    assert shown is not None
    assert "Admin panel" in shown.text


async def test_old_presses_and_made_up_ones_open_nothing(live: LiveBot, olga: Guest, bob: Guest) -> None:
    panel = await opens_panel(olga)
    data = panel.button("People").data or ""
    bob.says("/start")
    mine = await bob.sees("Send me a link")
    for forged in (data, "x", "", "AAAAAAAAAA.0", f"{data}0", "admin.people", "../../admin", "a" * 64):
        forges(bob, mine, forged)
    await until(lambda: logged(live, "press.foreign", bob.person.id), bob.story)
    await until(lambda: logged(live, "press.forged", bob.person.id), bob.story)
    assert saw_nothing(bob)


async def test_the_answer_of_somebody_else_appoints_nobody(live: LiveBot, olga: Guest, bob: Guest) -> None:
    group = live.stage.world.new_chat("Friends", [bob.person.user, olga.person.user])
    hers, his = Guest(live, olga.person, group), Guest(live, bob.person, group)
    people = await walks(hers, await opens_panel(hers), "People", "Everybody")
    staff = await walks(hers, people, "Staff", "Staff")
    await walks(hers, staff, "Appoint", "Whom?")
    his.says(str(bob.person.id))
    found = await answers(hers, "@bob", "That does not lead to a person.")
    await walks(hers, found, "Back", "Everybody")
    await is_not_shown_again(bob)


async def test_settings_of_plugins_are_a_viewers_to_see_and_nobodys_to_forge(
    olga: Guest, live: LiveBot, guest: Callable[..., Guest], bob: Guest
) -> None:
    vera = guest("Vera")
    await appoints(olga, vera, "Viewer")
    theirs = await height_of(vera)
    assert [button.label for button in theirs.buttons] == ["⬅️ Back"]
    owners = await height_of(olga)
    change = owners.button("Change").data or ""
    for somebody, message in ((vera, theirs), (vera, owners), (bob, owners)):
        forges(somebody, message, change)
        await until(lambda: logged(live, "press.foreign", somebody.person.id), somebody.story)  # noqa: B023  # at once
    forges(vera, theirs, f"{(theirs.buttons[0].data or '').partition('.')[0]}.1")
    await until(lambda: logged(live, "press.forged", vera.person.id), vera.story)
    assert saw_nothing(bob)
    assert "changed by an admin" not in (await height_of(olga)).text


async def height_of(admin: Guest) -> Message:
    """Walk to a setting that is a number."""
    plugins = await walks(admin, await opens_panel(admin), "Plugins", "Plugins")
    card = await walks(admin, plugins, "ytdlp", "It works.")
    settings = await walks(admin, card, "Settings", "Settings of ytdlp")
    return await walks(admin, settings, "max height", "Now:")


async def test_a_value_typed_by_somebody_else_in_the_group_is_no_answer(live: LiveBot, olga: Guest, bob: Guest) -> None:
    group = live.stage.world.new_chat("Friends", [bob.person.user, olga.person.user])
    hers, his = Guest(live, olga.person, group), Guest(live, bob.person, group)
    await walks(hers, await height_of(hers), "Change", "Send me the new number.")
    his.says("720")
    again = await answers(hers, "tall", "stays as it was")
    await walks(hers, again, "Back", "Now:")
    assert "changed by an admin" not in (await height_of(olga)).text


async def test_a_dismissed_admin_writes_to_nobody_with_screens_that_are_still_open(
    olga: Guest, live: LiveBot, guest: Callable[..., Guest]
) -> None:
    adam = guest("Adam")
    await appoints(olga, adam, "Admin")
    pressed = await walks(adam, await opens_panel(adam), "Broadcasts", "One message to many people")
    asked = await walks(adam, await opens_panel(adam), "Broadcasts", "One message to many people")
    await walks(adam, asked, "New message", "Send me the message now")
    choice = await walks(olga, await card_of(olga, adam), "Role", "Which role?")
    card = await walks(olga, choice, "No role", "· no role")
    adam.says("I am still here")
    await until(lambda: logged(live, "answer.refused", adam.person.id), adam.story)
    assert "You may not do this." in await adam.taps(pressed, "New message")
    long = await walks(olga, card, "Ban", "For how long?")
    await walks(olga, long, "1 day", "Why?")
    await answers(olga, "writes to everybody", "🚫 Banned until")
    assert "You cannot use this bot until" in await adam.taps(pressed, "New message")
    assert not any("is a draft" in message.text for message in adam.messages())
    owners = await walks(olga, await opens_panel(olga), "Broadcasts", "There was none so far")
    assert owners.button("New message")


async def test_broadcasts_are_a_viewers_to_see_and_nobodys_to_forge(
    olga: Guest, live: LiveBot, guest: Callable[..., Guest], bob: Guest
) -> None:
    vera = guest("Vera")
    await appoints(olga, vera, "Viewer")
    theirs = await walks(vera, await opens_panel(vera), "Broadcasts", "One message to many people")
    assert [button.label for button in theirs.buttons] == ["⬅️ Back"]
    owners = await walks(olga, await opens_panel(olga), "Broadcasts", "One message to many people")
    for somebody in (vera, bob):
        forges(somebody, owners, owners.button("New message").data or "")
        await until(lambda: logged(live, "press.foreign", somebody.person.id), somebody.story)  # noqa: B023  # at once
    vera.says("news for everybody")
    bob.says("news for everybody")
    await bob.sees("Send me a link")
    await vera.sees("Send me a link")
    assert not any("is a draft" in message.text for each in (vera, bob) for message in each.messages())
    assert saw_nothing(bob)


async def test_an_update_that_comes_again_is_carried_out_once(live: LiveBot, olga: Guest, bob: Guest) -> None:
    bob.says("/start")
    await bob.sees("Send me a link")
    updates = live.stage.api.account.updates
    card = await walks(olga, await walks(olga, await card_of(olga, bob), "Ban", "For how long?"), "For ever", "Why?")
    banned = await walks(olga, card, "Without", "🚫 Banned")
    press = updates.latest
    await walks(olga, banned, "Unban", "🚫 Ban")
    updates.repeat(press)
    said = olga.says("/admin")
    updates.repeat(updates.latest)
    await olga.sees(lambda m: "Admin panel" in m.text and m.message_id > said.message_id)
    await until(lambda: sum(int(str(line["count"])) for line in lines(live, "inbox.repeated")) >= 2)
    assert "🚫 Banned" not in (await card_of(olga, bob)).text
    panels = [m for m in olga.messages() if "Admin panel" in m.text and m.reply_to_id == said.message_id]
    assert len(panels) <= 1


async def test_an_old_press_of_a_dismissed_admin_opens_nothing_however_often_it_comes(
    olga: Guest, live: LiveBot, guest: Callable[..., Guest], bob: Guest
) -> None:
    adam = guest("Adam")
    await appoints(olga, adam, "Admin")
    bob.says("/start")
    await bob.sees("Send me a link")
    adam.person.tap(await card_of(adam, bob), "Ban")
    await adam.sees("For how long?")
    press = live.stage.api.account.updates.latest["callback_query"]
    await walks(olga, await walks(olga, await card_of(olga, adam), "Role", "Which role?"), "No role", "· no role")
    for _ in range(2):
        live.stage.api.account.updates.add("callback_query", dict(press))  # type: ignore[call-overload]  # an object
    await until(lambda: count(live, "press.refused", adam.person.id) >= 2, adam.story)


@pytest.mark.parametrize(("nobody", "name"), [(1087968824, "Group"), (136817688, "Channel"), (777000, "Telegram")])
async def test_whoever_writes_in_the_name_of_a_group_or_channel_is_nobody(
    live: LiveBot, olga: Guest, bob: Guest, nobody: int, name: str
) -> None:
    """Anonymous admins, posts in a channel's name, a linked channel: none of them is a person, whoever is behind it."""
    group = live.stage.world.new_chat("Mine", [bob.person.user, olga.person.user])
    place = {"id": group.id, "type": "supergroup", "title": "Mine"}
    sender = place if name == "Group" else {"id": -1009999999, "type": "channel", "title": "Owners"}
    post = message(bob, "/admin", chat=place) | {"sender_chat": sender, "is_automatic_forward": name == "Telegram"}
    post |= {"from": {"id": nobody, "is_bot": name != "Telegram", "first_name": name}}
    live.stage.api.account.updates.add("message", post)
    await until(lambda: logged(live, "command.refused", nobody))
    assert saw_nothing(Guest(live, bob.person, group))


async def test_kinds_that_nobody_asked_for_lead_nowhere(live: LiveBot, olga: Guest, bob: Guest) -> None:
    updates, me = live.stage.api.account.updates, bob.person.user
    user = {"id": me.id, "is_bot": False, "first_name": "Bob"}
    token = (await opens_panel(olga)).button("People").data
    channel = {"id": -1008888888, "type": "channel", "title": "Mine"}
    press: dict[str, object] = {"id": "1", "from": user, "data": token, "chat_instance": "1"}
    attempts: dict[str, dict[str, object]] = {
        "inline_query": {"id": "1", "from": user, "query": "/admin", "offset": ""},
        "chosen_inline_result": {"result_id": "1", "from": user, "query": "/admin"},
        "channel_post": message(bob, "/admin", chat=channel),
        "business_message": message(bob, "/admin") | {"business_connection_id": "1"},
    }
    presses: list[dict[str, object]] = [
        press | {"inline_message_id": "1"},
        press | {"message": message(bob, "hi", chat=channel)},
    ]
    for kind, payload in (*attempts.items(), *(("callback_query", each) for each in presses)):
        updates.add(kind, payload, unasked=True)
    ignored = [*attempts, "callback_query", "callback_query"]
    await until(lambda: sorted(kinds_ignored(live)) == sorted(ignored), lambda: kinds_ignored(live))
    assert logged(live, "gate.ignored", me.id)
    assert saw_nothing(bob)


async def test_what_goes_through_a_bot_or_is_edited_afterwards_is_no_order(
    live: LiveBot, olga: Guest, bob: Guest
) -> None:
    before = sum("Admin panel" in m.text for m in olga.messages())
    through = message(olga, "/admin") | {"via_bot": {"id": 9, "is_bot": True, "first_name": "B"}}
    live.stage.api.account.updates.add("message", through)
    await until(lambda: logged(live, "command.refused", olga.person.id))
    olga.person.edit(olga.says("/help"), "/admin")
    bob.person.edit(bob.says("/help"), "/admin")
    for guest in (olga, bob):
        said = guest.says("/help")
        await guest.sees(lambda m: "How it works" in m.text and m.message_id > said.message_id)  # noqa: B023  # at once
    assert sum("Admin panel" in m.text for m in olga.messages()) == before
    assert saw_nothing(bob)


async def test_a_deep_link_opens_nothing(live: LiveBot, olga: Guest, bob: Guest) -> None:
    token = (await opens_panel(olga)).button("People").data or ""
    for payload in ("admin", token, token.partition(".")[0], "people.card", "home"):
        said = bob.says(f"/start {payload}")
        await bob.sees(lambda m: "Send me a link" in m.text and m.message_id > said.message_id)  # noqa: B023  # at once
    assert saw_nothing(bob)


async def test_whoever_is_banned_gets_in_nowhere_and_each_attempt_is_logged(
    live: LiveBot, olga: Guest, bob: Guest
) -> None:
    bob.says("/start")
    await bob.sees("Send me a link")
    panel = await opens_panel(olga)
    why = await walks(olga, await walks(olga, await card_of(olga, bob), "Ban", "For how long?"), "For ever", "Why?")
    await walks(olga, why, "Without", "🚫 Banned")
    bob.says("/admin")
    forges(bob, panel, panel.button("People").data or "")
    bob.person.forward(olga.says("/admin"))
    await until(lambda: count(live, "gate.banned", bob.person.id) == 3, bob.story)
    assert saw_nothing(bob)


def message(guest: Guest, words: str, *, chat: Mapping[str, object] | None = None) -> dict[str, object]:
    """Build a message that no client would send like this."""
    user, own = guest.person.user, {"id": guest.person.id, "type": "private", "first_name": "X"}
    sender = {"id": user.id, "is_bot": False, "first_name": user.first_name, "username": user.username}
    entity = {"type": "bot_command", "offset": 0, "length": len(words)}
    said = {"message_id": 7_000, "date": 1_700_000_000, "text": words, "from": sender, "chat": chat or own}
    return said | ({"entities": [entity]} if words.startswith("/") else {})


def count(live: LiveBot, event: str, person: int | None = None) -> int:
    return sum(person is None or line.get("person") == person for line in lines(live, event))


def kinds_ignored(live: LiveBot) -> list[str]:
    return [str(line["kind"]) for line in lines(live, "gate.ignored")]


def lines(live: LiveBot, event: str) -> list[dict[str, object]]:
    return [line for line in live.log_lines() if line.get("event") == event]
