"""The panel as those who may open it see it, and as everybody else does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from fetchgram_sandbox.browser import open_page

from .conftest import PATIENCE_S, Guest, until
from .panel import answers, appoints, card_of, forges, is_not_shown_again, logged, opens_panel, saw_nothing, walks

if TYPE_CHECKING:
    from pathlib import Path

    from fetchgram_sandbox.live_bot import LiveBot

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


@pytest.fixture
def olga(live: LiveBot) -> Guest:
    """Give the owner whom the configuration names."""
    return Guest(live, live.stage.person)


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
