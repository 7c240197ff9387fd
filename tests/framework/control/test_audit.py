from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from fetchgram.control.controls import BoundControl, Controls
from fetchgram.errors import NotAllowed
from fetchgram.model import Person, Role
from fetchgram.storage import Storage

ANN = Person(bot_id=1, id=50, first_name="Ann", last_name="Lee")


async def test_people_are_called_as_they_are_called_now(
    storage: Storage, as_role: Callable[[Role], Awaitable[BoundControl]]
) -> None:
    control = await as_role(Role.VIEWER)
    async with storage.write() as session:
        await session.people.seen(ANN)
        await session.audit.add(1, "50", "person.ban", "person:50", None, None)
        await session.audit.add(1, "system:report", "report.send", "", None, None)
    newest, oldest = await control.audit.page()
    assert (newest.actor, newest.actor_name, newest.target_name) == ("system:report", "", "")
    assert (oldest.actor_name, oldest.target_name) == ("Ann Lee", "Ann Lee")


async def test_whoever_is_no_viewer_reads_nothing(controls: Controls) -> None:
    with pytest.raises(NotAllowed):
        await controls.of_person(ANN, Role.OWNER).audit.page()
