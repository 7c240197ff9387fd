from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fetchgram.api import CannotDeliver, MessageRef, Person, Role, text

if TYPE_CHECKING:
    from fetchgram.testing import FakeCourier

    from .conftest import Admin

EVE = Person(bot_id=1, id=42, first_name="Eve", last_name="Adams", username="eve", locale="de")
TYPED = MessageRef(chat=1, message_id=1)


@pytest.fixture(autouse=True)
async def people(admin: Admin) -> None:
    async with admin.storage.write() as session:
        await session.people.seen(admin.person)
        await session.people.seen(EVE)


async def card(admin: Admin, *labels: str, person: int = EVE.id) -> None:
    """Show the card of a person, and walk on from there."""
    await admin.does("people.card", {"person": person})
    await admin.walks(*labels)


async def test_the_list_leads_to_a_card_and_back(admin: Admin) -> None:
    await admin.says("admin")
    await admin.taps("People")
    assert "Everybody: 2" in admin.reads
    await admin.taps("👤 Eve Adams @eve · ")
    for part in ("Eve Adams · no role", "42 · @eve · 🌐 de", "First here: ", "0 downloads, 0 B", "Failed: 0"):
        assert part in admin.reads
    await admin.taps("Back")
    assert "Everybody: 2" in admin.reads


async def test_long_lists_turn_and_filters_choose(admin: Admin) -> None:
    async with admin.storage.write() as session:
        for number in range(100, 120):
            await session.people.seen(replace(EVE, id=number, first_name=f"N{number}", username=None))
        await session.people.ban(1, 100, None, None)
    await admin.does("people")
    assert "Everybody: 22" in admin.reads
    await admin.walks("Older", "Older")
    assert not any("Older" in label for label in admin.labels)
    await admin.walks("Newer", "Newer")
    assert not any("Newer" in label for label in admin.labels)
    await admin.taps("Banned")
    assert "Banned: 1" in admin.reads
    assert any("🚫 N100" in label for label in admin.labels)


@pytest.mark.parametrize("words", ["42", "@eve", "Eve A", "adams"])
async def test_a_search_finds_by_number_username_and_name(admin: Admin, words: str) -> None:
    await admin.does("people")
    await admin.taps("Search")
    await admin.answers(words)
    assert f"Found for “{words}”" in admin.reads
    await admin.taps("Eve Adams")
    assert "42 · @eve" in admin.reads


async def test_a_message_that_is_passed_on_finds_its_writer_and_nobody_is_said(admin: Admin) -> None:
    await admin.does("people.found", about=EVE, text="hello", message=TYPED)
    assert any("Eve Adams" in label for label in admin.labels)
    await admin.does("people.found", text="zzz", message=TYPED)
    assert "Nobody who was here is called “zzz”." in admin.reads


async def test_a_ban_asks_how_long_and_why_and_shows_on_the_card(admin: Admin) -> None:
    await card(admin, "Ban", "7 days")
    await admin.answers("too many links")
    assert "🚫 Banned until " in admin.reads
    assert ": too many links" in admin.reads
    await admin.taps("Unban")
    assert "Banned" not in admin.reads


async def test_a_ban_may_be_for_ever_without_a_reason(admin: Admin) -> None:
    await card(admin, "Ban", "For ever", "Without a reason")
    assert "🚫 Banned for ever" in admin.reads


async def test_another_time_is_typed_until_it_is_understood(admin: Admin) -> None:
    await card(admin, "Ban", "Other")
    await admin.answers("a while")
    assert "I do not understand that." in admin.reads
    await admin.answers("1 day 12h")
    await admin.taps("Without a reason")
    assert "Banned until" in admin.reads


async def test_a_limit_is_set_shown_and_taken_away(admin: Admin) -> None:
    await card(admin, "Limits", "Size a day: 20 GB")
    await admin.answers("a lot")
    assert "For example: 20, or 5 GB" in admin.reads
    await admin.answers("1.5 GB")
    assert any("✅ Size a day: 1.5 GB" in label for label in admin.labels)
    await admin.taps("Back")
    assert "🎚 Size a day: 1.5 GB" in admin.reads
    await admin.walks("Limits", "Size a day", "As for everybody")
    assert any(label == "Size a day: 20 GB" for label in admin.labels)


async def test_a_message_is_sent_or_said_not_to_have_arrived(admin: Admin, courier: FakeCourier) -> None:
    await card(admin, "Write")
    await admin.answers("Hello Eve")
    assert "✅ Your message has arrived." in admin.reads
    assert courier.brought[0][1:3] == (42, text("control-from-admins", words="Hello Eve"))
    courier.error = CannotDeliver("blocked", told=text("control-not-reached"))
    await admin.taps("Write")
    await admin.answers("Hello?")
    assert "❌ I cannot write to this person" in admin.reads


async def test_an_invitation_is_a_tap(admin: Admin) -> None:
    await card(admin, "🎟 Invite")
    assert "🎟 Invited" in admin.reads
    await admin.taps("Take back the invitation")
    assert "🎟 Invited" not in admin.reads


async def test_a_role_is_given_from_the_card(admin: Admin) -> None:
    await card(admin, "Role")
    assert not any("No role" in label for label in admin.labels)
    await admin.taps("Moderator")
    assert "Eve Adams · moderator" in admin.reads


async def test_whom_to_appoint_is_said_by_number_or_message_never_by_a_name(admin: Admin) -> None:
    await admin.does("people.page", {"of": "staff"})
    await admin.taps("Appoint")
    for words in ("@eve", "Eve Adams", "4" * 20, "0", "-5"):
        await admin.answers(words)
        assert "That does not lead to a person." in admin.reads
    await admin.answers("42")
    assert "Eve Adams (42): no role" in admin.reads
    await admin.does("people.appointed", about=EVE, text="I am Olga", message=TYPED)
    assert "Eve Adams (42)" in admin.reads
    await admin.taps("Admin")
    assert "Eve Adams · admin" in admin.reads


async def test_somebody_who_was_never_here_can_be_appointed(admin: Admin) -> None:
    await admin.does("people.appointed", text="777", message=TYPED)
    assert "777 (777): no role" in admin.reads
    await admin.taps("Viewer")
    assert "777 · viewer" in admin.reads


async def test_the_history_of_a_person_is_their_part_of_the_audit_log(admin: Admin) -> None:
    await admin.does("people.invite", {"person": 42, "invited": True})
    await admin.does("people.invite", {"person": 1, "invited": True})
    await card(admin, "History")
    assert admin.reads.count("person.invite → ") == 1
    assert "person.invite → Eve Adams" in admin.reads


async def test_each_role_sees_the_buttons_that_it_may_press(admin: Admin) -> None:
    seen = {}
    for number, role in enumerate((Role.VIEWER, Role.MODERATOR, Role.ADMIN), start=60):
        other = await admin.become(role, number)
        await card(other)
        seen[role] = other.labels
    await card(admin)
    assert seen[Role.VIEWER] == ["📜 History", "⬅️ Back"]
    assert seen[Role.MODERATOR] == ["🚫 Ban", "✉️ Write", "🎟 Invite", "📜 History", "⬅️ Back"]
    assert seen[Role.ADMIN] == ["🚫 Ban", "🎚 Limits", "✉️ Write", "🎟 Invite", "📜 History", "⬅️ Back"]
    assert "🛡 Role" in admin.labels


async def test_an_equal_has_no_buttons_that_change_them(admin: Admin) -> None:
    one, two = await admin.become(Role.ADMIN, 60), await admin.become(Role.ADMIN, 61)
    await card(one, person=two.person.id)
    assert not any(label in one.labels for label in ("🚫 Ban", "🎚 Limits"))


async def test_a_stranger_has_no_card(admin: Admin) -> None:
    await card(admin, person=999)
    assert "Nobody with the number 999 was ever here." in admin.reads
