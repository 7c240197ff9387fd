from __future__ import annotations

from typing import TYPE_CHECKING

from fetchgram.api import Role

if TYPE_CHECKING:
    from fetchgram.testing import FakeCourier

    from .conftest import Admin


async def test_the_door_closes_and_opens_by_a_tap(admin: Admin) -> None:
    await admin.says("admin")
    await admin.taps("Access")
    assert "open to everybody" in admin.reads
    await admin.taps("Make it private")
    assert "private. Only staff and who is invited" in admin.reads
    await admin.taps("Open it to everybody")
    assert "open to everybody" in admin.reads


async def test_a_channel_is_asked_for_until_it_is_one(admin: Admin, courier: FakeCourier) -> None:
    courier.channels = {"@club": (-100, "The Club")}
    await admin.does("access")
    await admin.taps("Only members of a channel")
    await admin.answers("@nowhere")
    assert "Make me an admin there" in admin.reads
    await admin.answers(" @club ")
    assert "One must be a member of @club." in admin.reads
    await admin.taps("No channel needed any more")
    assert "member of" not in admin.reads


async def test_an_invitation_is_made_passed_on_and_taken_back(admin: Admin) -> None:
    await admin.does("access")
    await admin.taps("Invitations")
    assert "There is none." in admin.reads
    await admin.taps("10 people, 7 days")
    assert "✅ Pass this on: https://t.me/bot1?start=" in admin.reads
    assert "for 10 people, until " in admin.reads
    await admin.taps("Take back")
    assert "There is none." in admin.reads


async def test_each_role_sees_the_buttons_that_it_may_press(admin: Admin) -> None:
    viewer, moderator = await admin.become(Role.VIEWER, 60), await admin.become(Role.MODERATOR, 61)
    await viewer.does("access")
    assert viewer.labels == ["⬅️ Back"]
    await moderator.does("access")
    assert moderator.labels == ["🎟 Invitations", "⬅️ Back"]
