"""Every button of every section in the hands of those whose role does not reach: nothing comes of it.

The core checks the role of each press; here that check is left out, so that what stands behind it is seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import select

from fetchgram.api import FetchgramError, Json, MessageRef, NotAllowed, Role
from fetchgram.storage import Storage
from fetchgram.storage.tables import metadata

if TYPE_CHECKING:
    from fetchgram.testing import FakeCourier

    from .conftest import Admin

TYPED = "1"
MESSAGE = MessageRef(chat=60, message_id=1)
FORGED: Mapping[str, Json] = {
    # Whatever any button carries; one that wants something else fails here.
    "after": "1.0:1",
    "circle": "all",
    "code": "code",
    "id": 1,
    "invited": True,
    "job": 1,
    "level": "debug",
    "name": "waiting",
    "number": "NONE",
    "of": "all",
    "offer": 0,
    "person": 404,
    "plugin": "none",
    "private": True,
    "reason": "error-gone",
    "role": "admin",
    "section": "limits",
    "setting": "none",
    "span": 60,
    "table": "people",
    "value": None,
    "what": "purge",
}


async def everything(storage: Storage) -> dict[str, list[tuple[object, ...]]]:
    async with storage.read() as session:
        return {
            table.name: [tuple(row) for row in await session.execute(select(table))] for table in metadata.sorted_tables
        }


async def test_no_button_does_anything_for_whoever_it_is_not_for(admin: Admin, courier: FakeCourier) -> None:
    actions = admin._commands["admin"].actions
    below = {role: await admin.become(role, 60 + place) for place, role in enumerate(Role) if role is not Role.OWNER}
    before, refused = await everything(admin.storage), 0
    learnt: list[tuple[str, Role]] = []
    for name, action in actions.items():
        for role, somebody in below.items():
            if role.includes(action.minimum_role):
                continue
            forged = somebody._interaction(action=name, args=FORGED, text=TYPED, message=MESSAGE)
            try:
                await action.handler(forged)
            except NotAllowed:
                refused += 1
            except FetchgramError:
                # What is there, those may know who may look.
                learnt.append((name, role))
    assert await everything(admin.storage) == before
    assert courier.brought == []
    assert refused
    assert not [name for name, role in learnt if role is Role.USER]


async def test_what_a_button_asks_for_is_no_less_than_what_it_does(admin: Admin) -> None:
    """Whoever may press a button that only looks gets to see something."""
    viewer = await admin.become(Role.VIEWER)
    for name, action in admin._commands["admin"].actions.items():
        if action.minimum_role is not Role.VIEWER:
            continue
        try:
            screen = await action.handler(viewer._interaction(action=name, args=FORGED, text=TYPED))
        except NotAllowed as error:
            raise AssertionError(name) from error
        except FetchgramError:
            continue
        assert screen.text.key, name
