from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import structlog

from fetchgram.app import Wired
from fetchgram.control.authority import Actor, Authority
from fetchgram.errors import NotAllowed
from fetchgram.model import Role
from fetchgram.storage import Storage

OWNERS = frozenset({1})


def authority(storage: Storage, person: int | None, *, ceiling: Role = Role.OWNER, plugin: str = "") -> Authority:
    return Authority(storage, OWNERS, Actor(bot_id=7, person=person, plugin=plugin, ceiling=ceiling))


async def actions(storage: Storage) -> list[tuple[str, str, str]]:
    async with storage.read() as session:
        return [(entry.actor, entry.action, entry.target) for entry in await session.audit.page(7, 50)]


async def give(storage: Storage, person: int, role: Role) -> None:
    async with storage.write() as session:
        await session.people.set_role(7, person, role)


async def test_a_change_and_its_line_are_one_transaction(storage: Storage) -> None:
    async with authority(storage, 1).change("person.language", "person:5", minimum=Role.OWNER) as change:
        change.before, change.after = {"language": None}, {"language": "de"}
        await change.session.people.set_language(7, 5, "de")
    async with storage.read() as session:
        (entry,) = await session.audit.page(7, 9)
    assert (entry.actor, entry.action, entry.target) == ("1", "person.language", "person:5")
    assert (entry.before, entry.after) == ({"language": None}, {"language": "de"})


async def test_a_change_that_fails_leaves_neither_itself_nor_a_line(storage: Storage) -> None:
    async def fail() -> None:
        async with authority(storage, 1).change("person.language", "person:5", minimum=Role.OWNER) as change:
            await change.session.people.set_language(7, 5, "de")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await actions(storage) == []
    async with storage.read() as session:
        assert await session.people.get(7, 5) is None


@pytest.mark.parametrize("role", [Role.USER, Role.VIEWER, Role.MODERATOR])
async def test_a_role_that_does_not_reach_is_refused_and_logged(storage: Storage, role: Role) -> None:
    await give(storage, 2, role)
    with structlog.testing.capture_logs() as logs, pytest.raises(NotAllowed):
        async with authority(storage, 2).change("person.ban", minimum=Role.ADMIN):
            pytest.fail("the block must not begin")
    assert logs == [
        {
            "event": "control.refused",
            "log_level": "warning",
            "actor": "2",
            "action": "person.ban",
            "role": str(role),
            "minimum": "admin",
        }
    ]
    assert await actions(storage) == []


async def test_looking_is_refused_like_changing(storage: Storage) -> None:
    with pytest.raises(NotAllowed):
        async with authority(storage, 2).look("audit.read", minimum=Role.VIEWER):
            pytest.fail("the block must not begin")


async def test_the_role_is_asked_for_each_call(storage: Storage) -> None:
    own = authority(storage, 2)
    await give(storage, 2, Role.ADMIN)
    async with own.change("a", minimum=Role.ADMIN):
        pass
    await give(storage, 2, Role.USER)
    with pytest.raises(NotAllowed):
        async with own.change("b", minimum=Role.VIEWER):
            pass


async def test_the_ceiling_holds_even_for_an_owner(storage: Storage) -> None:
    with pytest.raises(NotAllowed):
        async with authority(storage, 1, ceiling=Role.USER).change("a", minimum=Role.VIEWER):
            pass


async def test_a_role_with_another_bot_is_none_here(storage: Storage) -> None:
    async with storage.write() as session:
        await session.people.set_role(8, 2, Role.ADMIN)
    with pytest.raises(NotAllowed):
        async with authority(storage, 2).look("a", minimum=Role.VIEWER):
            pass


async def test_a_banned_admin_is_none(storage: Storage) -> None:
    await give(storage, 2, Role.ADMIN)
    async with storage.write() as session:
        await session.people.ban(7, 2, session.now + timedelta(hours=1), "spam")
    with pytest.raises(NotAllowed):
        async with authority(storage, 2).look("a", minimum=Role.VIEWER):
            pass


async def test_a_plugin_acts_under_its_own_name_and_appoints_nobody(storage: Storage) -> None:
    own = authority(storage, None, ceiling=Role.ADMIN, plugin="report")
    async with own.change("report.send", minimum=Role.ADMIN):
        pass
    assert await actions(storage) == [("system:report", "report.send", "")]
    with pytest.raises(NotAllowed):
        async with own.change("person.role", minimum=Role.OWNER):
            pass


async def test_a_plugin_by_itself_acts_with_the_one_bot(storage: Storage, make_route: Callable[..., Wired]) -> None:
    one = {"main": {"token": "7:secret"}}
    control = make_route(storage, bots=one).controls.of_plugin("report")
    await control.people.ban(50, until=None, reason="spam")
    with pytest.raises(NotAllowed):
        await control.people.set_role(50, Role.ADMIN)
    assert await actions(storage) == [("system:report", "person.ban", "person:50")]
    several = one | {"other": {"token": "8:secret"}}
    assert (await make_route(storage, bots=several).controls.of_plugin("report").people.page()).total == 0
