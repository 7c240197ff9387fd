"""What admins do for the whole bot: who may, what holds then, what the audit log says of it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from fetchgram.app import Wired
from fetchgram.control.controls import BoundControl, Controls
from fetchgram.errors import LimitReached, NotAllowed
from fetchgram.model import Chat, Person, Receipt, Role
from fetchgram.pipeline.upkeep import LOG, RESTART
from fetchgram.storage import Storage

BOT = 1
OWNER = Person(bot_id=BOT, id=1, role=Role.OWNER)
BOB = Person(bot_id=BOT, id=2, first_name="Bob")
AsRole = Callable[..., Awaitable[BoundControl]]


@pytest.fixture
def route(storage: Storage, make_route: Callable[..., Wired]) -> Wired:
    return make_route(storage, owners=[OWNER.id])


@pytest.fixture
def controls(route: Wired) -> Controls:
    return route.controls


@pytest.fixture
def control(controls: Controls) -> BoundControl:
    return controls.of_person(OWNER, Role.OWNER)


async def wishes(route: Wired, person: Person, key: str) -> None:
    await route.intake.accept(
        key=key, person=person, destination=Chat(bot_id=BOT, chat=person.id), url="https://a.test/1"
    )


async def audited(storage: Storage) -> list[tuple[str, object, object]]:
    async with storage.read() as session:
        return [(entry.action, entry.before, entry.after) for entry in await session.audit.page(BOT, 50)]


async def test_while_it_is_closed_people_read_why_and_admins_go_on(
    control: BoundControl, route: Wired, storage: Storage
) -> None:
    await control.maintenance.close("Back at noon.")
    with pytest.raises(LimitReached) as refusal:
        await wishes(route, BOB, "one")
    assert (refusal.value.text.key, refusal.value.text.params["why"]) == ("maintenance", "Back at noon.")
    await wishes(route, OWNER, "two")
    assert (await control.maintenance.state()).closed
    await control.maintenance.open()
    await wishes(route, BOB, "three")
    assert await audited(storage) == [("upkeep.open", "Back at noon.", None), ("upkeep.close", None, "Back at noon.")]


async def test_the_log_level_holds_here_and_goes_back(control: BoundControl, route: Wired) -> None:
    await control.maintenance.set_level("error")
    assert (await control.maintenance.state()).level == route.care.upkeep.level == "error"
    await control.maintenance.set_level(None)
    assert route.care.upkeep.level == "info"


async def test_another_process_follows_and_a_restart_is_wanted_once(
    control: BoundControl, route: Wired, storage: Storage, make_route: Callable[..., Wired]
) -> None:
    other = make_route(storage, owners=[OWNER.id]).care.upkeep
    await other.follow()
    await control.maintenance.close("soon")
    await control.maintenance.restart()
    await other.follow()
    assert other.closed is not None
    assert other.restart_wanted.is_set()
    after = make_route(storage, owners=[OWNER.id]).care.upkeep  # begins when the restart was asked for already
    async with storage.read() as session:
        rows = await session.overrides.get_all()
        after.apply(rows, session.now + timedelta(seconds=1))
    assert not after.restart_wanted.is_set()
    assert RESTART in rows
    assert LOG not in rows


async def test_the_cache_is_emptied_and_what_is_old_goes(control: BoundControl, storage: Storage) -> None:
    async with storage.write() as session:
        for number in range(3):
            receipt = Receipt(route="botapi", message_ids=(number,))
            await session.cache.put(BOT, f"f{number}", "site", receipt, session.now + timedelta(days=1))
    assert await control.maintenance.purge_cache() == 3
    assert await control.maintenance.purge_cache() == 0
    assert isinstance(await control.maintenance.clean_up(), dict)
    assert [action for action, *_ in await audited(storage)] == [
        "upkeep.clean_up",
        "upkeep.purge_cache",
        "upkeep.purge_cache",
    ]


async def test_owners_get_a_backup_and_tables(control: BoundControl, storage: Storage, tmp_path: Path) -> None:
    async with storage.write() as session:
        await session.people.seen(BOB)
    backup = await control.maintenance.back_up()
    with sqlite3.connect(shutil.copy(backup.path, tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT first_name FROM people WHERE id = 2").fetchall() == [("Bob",)]
    table = await control.maintenance.export("people")
    assert "Bob" in table.path.read_text(encoding="utf-8")
    assert [action for action, *_ in await audited(storage)] == ["upkeep.export", "upkeep.back_up"]


async def test_each_needs_its_role(as_role: AsRole, storage: Storage) -> None:
    viewer, admin = await as_role(Role.VIEWER, 60), await as_role(Role.ADMIN, 61)
    assert not (await viewer.maintenance.state()).closed
    for attempt in (
        viewer.maintenance.close("x"),
        viewer.maintenance.open(),
        viewer.maintenance.set_level("debug"),
        viewer.maintenance.restart(),
        viewer.maintenance.purge_cache(),
        viewer.maintenance.clean_up(),
        admin.maintenance.back_up(),
        admin.maintenance.export("people"),
    ):
        with pytest.raises(NotAllowed):
            await attempt
    assert await audited(storage) == []


async def test_health_is_for_those_who_may_see_it(as_role: AsRole) -> None:
    viewer, person = await as_role(Role.VIEWER, 60), await as_role(Role.USER, 62)
    assert {"loop", "memory", "queue", "disk"} <= {checked.name for checked in await viewer.health.look()}
    with pytest.raises(NotAllowed):
        await person.health.look()
