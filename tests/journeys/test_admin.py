"""The panel as those who may open it see it, and as everybody else does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from fetchgram_sandbox.browser import open_page
from fetchgram_sandbox.happenings import QueryAsked
from fetchgram_sandbox.objects import CallbackQuery, Message

from .conftest import PATIENCE_S, Guest, until

if TYPE_CHECKING:
    from pathlib import Path

    from fetchgram_sandbox.live_bot import LiveBot

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

PANEL = ("Admin panel", "Audit log", "People", "Access")


@pytest.fixture
def olga(live: LiveBot) -> Guest:
    """Give the owner whom the configuration names."""
    return Guest(live, live.stage.person)


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


async def test_the_panel_is_one_message_that_is_edited(olga: Guest) -> None:
    panel = await opens_panel(olga)
    assert "You are an owner" in panel.text
    audit = await walks(olga, panel, "Audit", "Audit log")
    await walks(olga, audit, "Back", "You are an owner")


async def test_an_owner_appoints_an_admin_by_a_message_of_theirs_and_dismisses_them(
    olga: Guest, live: LiveBot, guest: Callable[..., Guest]
) -> None:
    adam = guest("Adam")
    group = live.stage.world.new_chat("Staff", [olga.person.user, adam.person.user])
    said = adam.person.say("good morning", group)
    panel = await opens_panel(olga)
    people = await walks(olga, panel, "People", "Everybody")
    staff = await walks(olga, people, "Staff", "Staff")
    await walks(olga, staff, "Appoint", "A name is not enough")
    forwarded = olga.person.forward(said)
    choice = await olga.sees(lambda m: m.message_id > forwarded.message_id and "Which role?" in m.text)
    assert f"Adam ({adam.person.id})" in choice.text
    await walks(olga, choice, "Admin: ", "· admin")
    his = await opens_panel(adam)
    assert "You are an admin" in his.text
    card = await card_of(olga, adam)
    choice = await walks(olga, card, "Role", "Which role?")
    await walks(olga, choice, "No role", "· no role")
    assert "You may not do this." in await adam.taps(his, "People")
    await is_not_shown_again(adam)


async def is_not_shown_again(guest: Guest) -> None:
    said = guest.says("/admin")
    await guest.sees(lambda m: m.message_id > said.message_id and "Send me a link" in m.text)


async def test_a_viewer_sees_everything_and_a_forged_press_changes_nothing(
    olga: Guest, live: LiveBot, guest: Callable[..., Guest], bob: Guest
) -> None:
    vera = guest("Vera")
    await appoints(olga, vera, "Viewer")
    bob.says("/start")
    await bob.sees("Send me a link")
    card = await card_of(vera, bob)
    assert {button.label for button in card.buttons} == {"📜 History", "⬅️ Back"}
    owners = await card_of(olga, bob)
    forges(vera, owners, owners.button("Ban").data or "")
    await until(lambda: logged(live, "press.foreign", vera.person.id))
    token = (card.buttons[0].data or "").partition(".")[0]
    forges(vera, card, f"{token}.7")
    await until(lambda: logged(live, "press.forged", vera.person.id))
    assert "Banned" not in (await card_of(olga, bob)).text


async def test_a_moderator_bans_and_the_person_is_told_once(
    olga: Guest, guest: Callable[..., Guest], bob: Guest
) -> None:
    mona = guest("Mona")
    await appoints(olga, mona, "Moderator")
    bob.says("/start")
    await bob.sees("Send me a link")
    card = await card_of(mona, bob)
    long = await walks(mona, card, "Ban", "For how long?")
    await walks(mona, long, "1 day", "Why?")
    banned = await answers(mona, "too many links", "🚫 Banned until")
    bob.says(f"{bob.site}/watch/colours")
    told = await bob.sees("You cannot use this bot until")
    assert told.text.endswith("The reason: too many links")
    bob.says("/admin")
    bob.says("/start")
    mona.person.tap(banned, "Unban")
    await mona.sees(lambda m: m.message_id == banned.message_id and "Banned" not in m.text)
    bob.says("/help")
    await bob.sees("How it works")
    assert sum("You cannot use" in message.text for message in bob.messages()) == 1
    assert saw_nothing(bob)
    history = await walks(olga, await card_of(olga, bob), "History", "person.unban")
    assert "banned: ✗ → ✓" in history.text
    assert "Mona" in history.text


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


async def test_an_error_number_leads_to_the_whole_story(olga: Guest, bob: Guest) -> None:
    sent = bob.says(f"{bob.site}/bad/404?key=hunter2")
    told = await bob.sees(lambda m: "❌" in m.text and m.reply_to_id == sent.message_id)
    number = re.search(r"Error number (\w+)", told.text)
    assert number is not None
    story = await answers(olga, f"/error {number[1].lower()}", "a link that came to nothing")
    for part in ("ytdlp", "error-gone", "Bob", f"{bob.site}/bad/404?…", "yt-dlp 20", "Traceback"):
        assert part in story.text
    assert "hunter2" not in story.text
    card = await walks(olga, story, "The person", "Last here")
    assert "Failed: 1" in card.text


async def test_a_job_is_seen_and_stopped_from_the_panel(olga: Guest, bob: Guest) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/colours?kbps=300&admin=1")
    await bob.taps(card, "720p")
    line = await walks(olga, await opens_panel(olga), "Jobs", "Jobs ·")
    job = await walks(olga, line, "colour test", "State:")
    assert "Bob" in job.text
    await walks(olga, job, "Stop", "It stops now.")
    await bob.sees("Cancelled")


async def test_the_panel_reads_well_in_the_browser(live: LiveBot, tmp_path: Path) -> None:
    patience_ms = PATIENCE_S * 1000
    async with open_page(f"{live.stage.api.url}/") as tab:
        tab.page.set_default_timeout(patience_ms)
        await tab.send("/admin")
        for label, title in (("People", "Everybody:"), ("Back", "You are an owner"), ("Access", "open to everybody")):
            await expect(tab.page.locator(".keyboard .key", has_text=label).last).to_be_visible(timeout=patience_ms)
            await tab.tap(label)
            await expect(tab.page.locator(".messages").get_by_text(re.compile(title)).last).to_be_visible(
                timeout=patience_ms
            )
        assert tab.problems == []
