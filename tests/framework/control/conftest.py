from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from fetchgram.app import Wired
from fetchgram.control.controls import BoundControl, Controls
from fetchgram.model import Person, Role
from fetchgram.storage import Storage, open_storage
from fetchgram.testing import FakeCourier

BOT = 1
OWNER = Person(bot_id=BOT, id=1, first_name="Olga")


@pytest.fixture
async def storage(tmp_path: Path, migrated: Path) -> AsyncIterator[Storage]:
    shutil.copy(migrated, tmp_path)
    opened = await open_storage(None, tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def controls(storage: Storage, courier: FakeCourier, make_route: Callable[..., Wired]) -> Controls:
    return make_route(storage, courier=courier, owners=[OWNER.id]).controls


@pytest.fixture
def as_role(storage: Storage, controls: Controls) -> Callable[..., object]:
    """Give a person a role and return what they may do."""

    async def become(role: Role, person: int = 50) -> BoundControl:
        who = Person(bot_id=BOT, id=person, first_name=f"P{person}")
        async with storage.write() as session:
            await session.people.seen(who)
            await session.people.set_role(BOT, person, role)
        return controls.of_person(who, role)

    return become


@pytest.fixture
def courier() -> FakeCourier:
    return FakeCourier()
