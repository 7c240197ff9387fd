from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias

import pytest

from fetchgram.control.controls import BoundControl, Controls
from fetchgram.control.people import LIMITS
from fetchgram.errors import CannotDeliver, FetchgramError, NotAllowed
from fetchgram.model import Person, Role, text
from fetchgram.model.people import PersonCard
from fetchgram.settings import LimitsSettings
from fetchgram.storage import Storage
from fetchgram.testing import FakeCourier

Become: TypeAlias = Callable[..., Awaitable[BoundControl]]

BOT = 1
EVE = Person(bot_id=BOT, id=7, first_name="Eve", locale="de")
OWNER = Person(bot_id=BOT, id=1, first_name="Olga")


@pytest.fixture
async def owner(controls: Controls, storage: Storage) -> BoundControl:
    async with storage.write() as session:
        await session.people.seen(EVE)
        await session.people.seen(OWNER)
    return controls.of_person(OWNER, Role.OWNER)


async def card(control: BoundControl, person: int = EVE.id) -> PersonCard:
    found = await control.people.card(person)
    assert found is not None
    return found


async def last_change(control: BoundControl) -> tuple[str, str, object, object]:
    entry = (await control.audit.page(limit=1))[0]
    return entry.action, entry.target, entry.before, entry.after


async def test_a_ban_with_its_end_and_reason_is_written_down_and_lifted(owner: BoundControl, storage: Storage) -> None:
    async with storage.read() as session:
        until = session.now + timedelta(days=1)
    await owner.people.ban(EVE.id, until=until, reason="spam")
    row = (await card(owner)).row
    assert (row.banned, row.ban_reason) == (True, "spam")
    action, target, before, after = await last_change(owner)
    assert (action, target, before) == ("person.ban", "person:7", {"banned": False})
    assert after == {"banned": True, "until": until.strftime("%Y-%m-%d %H:%M UTC"), "reason": "spam"}
    await owner.people.unban(EVE.id)
    assert (await card(owner)).row.banned is False
    assert (await last_change(owner))[3] == {"banned": False}


async def test_roles_are_given_by_owners_alone(owner: BoundControl, as_role: Become) -> None:
    admin = await as_role(Role.ADMIN)
    with pytest.raises(NotAllowed):
        await admin.people.set_role(EVE.id, Role.VIEWER)
    await owner.people.set_role(EVE.id, Role.MODERATOR)
    assert (await card(owner)).role is Role.MODERATOR
    assert (await last_change(owner))[2:] == ({"role": "user"}, {"role": "moderator"})


async def test_nobody_is_made_an_owner_and_owners_stay_what_they_are(owner: BoundControl) -> None:
    with pytest.raises(NotAllowed) as refused:
        await owner.people.set_role(EVE.id, Role.OWNER)
    assert refused.value.text.key == "control-owners-are-named"
    with pytest.raises(NotAllowed):
        await owner.people.set_role(OWNER.id, Role.USER)
    assert (await card(owner, OWNER.id)).role is Role.OWNER


@pytest.mark.parametrize(("actor", "target"), [(Role.MODERATOR, Role.MODERATOR), (Role.MODERATOR, Role.ADMIN)])
async def test_nobody_changes_their_equals(owner: BoundControl, as_role: Become, actor: Role, target: Role) -> None:
    control = await as_role(actor)
    await as_role(target, 51)
    for change in (
        control.people.ban(51, until=None, reason=None),
        control.people.unban(51),
        control.people.ban(50, until=None, reason=None),
        control.people.ban(OWNER.id, until=None, reason=None),
    ):
        with pytest.raises(NotAllowed) as refused:
            await change
        assert refused.value.text.key == "control-not-below"
    assert await owner.audit.page() == []


async def test_an_own_limit_stands_in_place_of_everybodys_and_goes_again(owner: BoundControl) -> None:
    everybodys = (await card(owner)).limits["jobs_per_day"]
    await owner.people.set_limit(EVE.id, "jobs_per_day", 3)
    await owner.people.set_limit(EVE.id, "bytes_per_day", 0)
    found = await card(owner)
    assert (found.limits["jobs_per_day"], found.row.limits) == (3, {"jobs_per_day": 3, "bytes_per_day": 0})
    await owner.people.set_limit(EVE.id, "jobs_per_day", None)
    assert (await card(owner)).limits["jobs_per_day"] == everybodys
    assert (await last_change(owner))[2:] == ({"jobs_per_day": 3}, {"jobs_per_day": None})


def test_every_limit_that_the_settings_know_can_be_a_persons_own() -> None:
    assert set(LIMITS) == LimitsSettings.model_fields.keys() - {"owners_exempt"}


@pytest.mark.parametrize(("name", "value"), [("running", 0), ("waiting", 0), ("jobs_per_day", -1), ("owners", 5)])
async def test_there_are_no_other_limits_and_no_senseless_values(owner: BoundControl, name: str, value: int) -> None:
    with pytest.raises(FetchgramError) as refused:
        await owner.people.set_limit(EVE.id, name, value)
    assert refused.value.text.key == "control-no-such-limit"
    assert await owner.audit.page() == []


async def test_a_message_goes_out_in_the_persons_language(owner: BoundControl, courier: FakeCourier) -> None:
    await owner.people.write_to(EVE.id, "Hello")
    assert courier.brought == [(BOT, EVE.id, text("control-from-admins", words="Hello"), "de")]
    assert (await last_change(owner))[::3] == ("person.message", {"message": "Hello"})


async def test_a_message_that_cannot_arrive_is_told(owner: BoundControl, courier: FakeCourier) -> None:
    courier.error = CannotDeliver("blocked", told=text("control-not-reached"))
    with pytest.raises(CannotDeliver):
        await owner.people.write_to(EVE.id, "Hello")


async def test_an_invitation_is_given_and_taken_back(owner: BoundControl) -> None:
    await owner.people.invite(EVE.id, invited=True)
    assert (await card(owner)).row.invited is True
    await owner.people.invite(EVE.id, invited=False)
    assert (await last_change(owner))[2:] == ({"invited": True}, {"invited": False})


async def test_a_viewer_sees_everything_and_changes_nothing(owner: BoundControl, as_role: Become) -> None:
    viewer = await as_role(Role.VIEWER)
    assert (await viewer.people.page()).total == 3
    assert len(await viewer.people.find("eve")) == 1
    assert (await card(viewer)).row.person.first_name == "Eve"
    for change in (
        viewer.people.ban(EVE.id, until=None, reason=None),
        viewer.people.unban(EVE.id),
        viewer.people.set_role(EVE.id, Role.VIEWER),
        viewer.people.set_limit(EVE.id, "jobs_per_day", 1),
        viewer.people.invite(EVE.id, invited=True),
        viewer.people.write_to(EVE.id, "x"),
        viewer.access.set_private(private=True),
        viewer.access.set_channel("@club"),
        viewer.access.invites(),
        viewer.access.invite(people=1, lasts=timedelta(days=1)),
        viewer.access.revoke("x"),
    ):
        with pytest.raises(NotAllowed):
            await change
    assert await owner.audit.page() == []


async def test_somebody_who_was_never_here_has_no_card_but_can_be_banned(owner: BoundControl) -> None:
    assert await owner.people.card(12_345) is None
    await owner.people.ban(12_345, until=None, reason=None)
    assert (await card(owner, 12_345)).row.banned is True
