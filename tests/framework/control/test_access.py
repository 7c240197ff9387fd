from __future__ import annotations

from datetime import timedelta

import pytest

from fetchgram.control.controls import BoundControl, Controls
from fetchgram.errors import CannotDeliver, FetchgramError
from fetchgram.model import Person, Role
from fetchgram.model.access import Door
from fetchgram.testing import FakeCourier

OWNER = Person(bot_id=1, id=1, first_name="Olga")


@pytest.fixture
def owner(controls: Controls, courier: FakeCourier) -> BoundControl:
    courier.channels = {"@club": (-100, "The Club"), "-200": (-200, "Friends")}
    return controls.of_person(OWNER, Role.OWNER)


async def test_the_door_is_closed_and_opened(owner: BoundControl) -> None:
    await owner.access.set_private(private=True)
    assert (await owner.access.door()).private is True
    await owner.access.set_private(private=False)
    assert await owner.access.door() == Door()
    newest, oldest = await owner.audit.page()
    assert (newest.action, newest.before, newest.after) == ("access.private", {"private": True}, {"private": False})
    assert oldest.after == {"private": True}


@pytest.mark.parametrize(("name", "door"), [("@club", (-100, "@club")), ("-200", (-200, "Friends"))])
async def test_a_channel_is_kept_by_its_number_and_shown_by_its_name(
    owner: BoundControl, name: str, door: tuple[int, str]
) -> None:
    await owner.access.set_channel(name)
    found = await owner.access.door()
    assert (found.channel, found.channel_name) == door
    await owner.access.set_channel(None)
    assert await owner.access.door() == Door()


async def test_a_channel_that_cannot_be_looked_into_changes_nothing(owner: BoundControl) -> None:
    with pytest.raises(CannotDeliver):
        await owner.access.set_channel("@nowhere")
    assert await owner.access.door() == Door()
    assert await owner.audit.page() == []


async def test_an_invitation_is_a_link_whose_code_the_audit_log_does_not_give_away(owner: BoundControl) -> None:
    made = await owner.access.invite(people=2, lasts=timedelta(days=7))
    assert made.link == f"https://t.me/bot1?start={made.code}"
    assert [invite.code for invite in await owner.access.invites()] == [made.code]
    await owner.access.revoke(made.code)
    assert await owner.access.invites() == []
    for entry in await owner.audit.page():
        assert made.code not in repr(entry)
        assert made.code[:4] in entry.target


@pytest.mark.parametrize(("people", "days"), [(0, 1), (10_001, 1), (1, 0), (1, 366)])
async def test_senseless_invitations_are_refused(owner: BoundControl, people: int, days: int) -> None:
    with pytest.raises(FetchgramError):
        await owner.access.invite(people=people, lasts=timedelta(days=days))
