"""Who may do what, over every method of every part of `Control`: one without a rule here fails."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import get_type_hints

import pytest
import structlog
from sqlalchemy import func, select

from fetchgram.control import ports
from fetchgram.control.controls import BoundControl, Controls
from fetchgram.errors import FetchgramError, NotAllowed
from fetchgram.model import Person, Role
from fetchgram.screens import MessageRef
from fetchgram.storage import Storage
from fetchgram.storage.tables import metadata
from fetchgram.testing import FakeCourier

from .conftest import BOT, OWNER

NOBODY = 404
"""A person, job and broadcast that there is not: who may not ask does not learn that either."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may call a method at the least, and with what it is called here."""

    least: Role
    args: tuple[object, ...] = ()
    more: Mapping[str, object] = field(default_factory=dict)


def _rule(least: Role, *args: object, **more: object) -> Rule:
    return Rule(least, args, more)


VIEWER, MODERATOR, ADMIN, OWN = Role.VIEWER, Role.MODERATOR, Role.ADMIN, Role.OWNER
RULES: Mapping[str, Rule] = {
    "access.door": _rule(VIEWER),
    "access.set_private": _rule(ADMIN, private=True),
    "access.set_channel": _rule(ADMIN, "@nowhere"),
    "access.invites": _rule(MODERATOR),
    "access.invite": _rule(MODERATOR, people=0, lasts=timedelta(days=1)),
    "access.revoke": _rule(MODERATOR, "code"),
    "audit.page": _rule(VIEWER),
    "broadcasts.page": _rule(VIEWER),
    "broadcasts.get": _rule(VIEWER, NOBODY),
    "broadcasts.draft": _rule(ADMIN, MessageRef(chat=1, message_id=1)),
    "broadcasts.add": _rule(ADMIN, NOBODY, MessageRef(chat=1, message_id=2)),
    "broadcasts.revise": _rule(ADMIN, NOBODY),
    "broadcasts.discard": _rule(ADMIN, NOBODY),
    "broadcasts.preview": _rule(ADMIN, NOBODY, "en"),
    "broadcasts.forecast": _rule(VIEWER, NOBODY),
    "broadcasts.languages": _rule(VIEWER),
    "broadcasts.platforms": _rule(VIEWER),
    "broadcasts.start": _rule(ADMIN, NOBODY),
    "broadcasts.pause": _rule(ADMIN, NOBODY),
    "broadcasts.resume": _rule(ADMIN, NOBODY),
    "broadcasts.stop": _rule(ADMIN, NOBODY),
    "broadcasts.withdraw": _rule(ADMIN, NOBODY),
    "configuration.sections": _rule(VIEWER),
    "configuration.of": _rule(VIEWER, "no section"),
    "failures.story": _rule(VIEWER, "NONE"),
    "failures.groups": _rule(VIEWER),
    "failures.lines": _rule(VIEWER, "youtube", "error-gone"),
    "health.look": _rule(VIEWER),
    "jobs.page": _rule(VIEWER),
    "jobs.card": _rule(VIEWER, NOBODY),
    "jobs.cancel": _rule(MODERATOR, NOBODY),
    "jobs.retry": _rule(MODERATOR, NOBODY),
    "jobs.to_front": _rule(MODERATOR, NOBODY),
    "maintenance.state": _rule(VIEWER),
    "maintenance.close": _rule(ADMIN, "back soon"),
    "maintenance.open": _rule(ADMIN),
    "maintenance.set_level": _rule(ADMIN, "loud"),
    "maintenance.restart": _rule(ADMIN),
    "maintenance.purge_cache": _rule(ADMIN),
    "maintenance.clean_up": _rule(ADMIN),
    "maintenance.back_up": _rule(OWN),
    "maintenance.export": _rule(OWN, "no table"),
    "people.page": _rule(VIEWER),
    "people.find": _rule(VIEWER, "ann"),
    "people.card": _rule(VIEWER, NOBODY),
    "people.ban": _rule(MODERATOR, NOBODY, until=None, reason=None),
    "people.unban": _rule(MODERATOR, NOBODY),
    "people.set_role": _rule(OWN, NOBODY, Role.ADMIN),
    "people.set_limit": _rule(ADMIN, NOBODY, "no limit", 1),
    "people.invite": _rule(MODERATOR, NOBODY, invited=True),
    "people.write_to": _rule(MODERATOR, NOBODY, "hello"),
    "plugins.list": _rule(VIEWER),
    "plugins.settings": _rule(VIEWER, "no plugin"),
    "plugins.enable": _rule(ADMIN, "no plugin"),
    "plugins.disable": _rule(ADMIN, "no plugin"),
    "plugins.resume": _rule(ADMIN, "no plugin"),
    "plugins.set": _rule(ADMIN, "no plugin", "no setting", "1"),
    "plugins.reset": _rule(ADMIN, "no plugin", "no setting"),
    "statistics.figures": _rule(VIEWER),
}
OF_EVERYBODY = {"privacy.forget_me", "privacy.wants_news", "privacy.set_news"}
"""What people may have done with what is kept about themselves."""


def methods(part: object) -> set[str]:
    return {name for name, _ in inspect.getmembers(part, inspect.iscoroutinefunction) if not name.startswith("_")}


def test_every_method_of_every_part_has_a_rule() -> None:
    hints = get_type_hints(BoundControl)
    built = {f"{part.name}.{name}" for part in fields(BoundControl) for name in methods(hints[part.name])}
    assert built == RULES.keys() | OF_EVERYBODY


def test_what_plugins_see_is_what_is_built() -> None:
    seen = {
        name: get_type_hints(value.fget)["return"] for name, value in vars(ports.Control).items() if _is_part(value)
    }
    hints = get_type_hints(BoundControl)
    for name, port in seen.items():
        assert (name, methods(port)) == (name, methods(hints[name]) if name != "role" else set())


def _is_part(value: object) -> bool:
    return isinstance(value, property)


async def call(control: BoundControl, name: str) -> None:
    """Call a method; whatever it says of what there is not is fine."""
    part, _, method = name.partition(".")
    rule = RULES[name]
    try:
        await getattr(getattr(control, part), method)(*rule.args, **rule.more)
    except NotAllowed:
        raise
    except FetchgramError:
        return


async def everything(storage: Storage) -> dict[str, int]:
    async with storage.read() as session:
        counts = [(table, select(func.count()).select_from(table)) for table in metadata.sorted_tables]
        return {table.name: (await session.execute(count)).scalar_one() for table, count in counts}


@pytest.fixture
async def crowd(storage: Storage, as_role: Callable[..., object], controls: Controls) -> Mapping[str, BoundControl]:
    """Give everybody who could try, by who they are: of each role, banned, and behind what is no word of their own."""
    by_role = {role: await as_role(role, 50 + place) for place, role in enumerate(Role) if role is not OWN}  # type: ignore[misc]
    banned = await as_role(ADMIN, 70)  # type: ignore[misc]
    async with storage.write() as session:
        await session.people.ban(BOT, 70, None, "left")
    stranger = Person(bot_id=BOT, id=80, first_name=OWNER.first_name, username="olga")
    return {
        **{str(role): control for role, control in by_role.items()},
        "owner": controls.of_person(OWNER, OWN),
        "banned admin": banned,
        "stranger who says to be owner": controls.of_person(stranger, OWN),
        "owner whose words are passed on": controls.of_person(OWNER, Role.USER),
    }


async def test_whoever_may_not_is_refused_leaves_no_trace_and_is_logged(
    crowd: Mapping[str, BoundControl], storage: Storage, courier: FakeCourier
) -> None:
    before = await everything(storage)
    for name, rule in RULES.items():
        for who, control in crowd.items():
            if who in {str(role) for role in Role} and Role(who).includes(rule.least):
                continue
            with structlog.testing.capture_logs() as logs:
                try:
                    await call(control, name)
                except NotAllowed:
                    refused = [line for line in logs if line["event"] == "control.refused"]
                    assert len(refused) == 1, (name, who)
                    assert refused[0]["minimum"] == str(rule.least), (name, who)
                    continue
            pytest.fail(f"{who} may call {name}")
    assert await everything(storage) == before
    assert courier.brought == []


async def test_whoever_may_is_not_refused(crowd: Mapping[str, BoundControl]) -> None:
    for name, rule in RULES.items():
        await call(crowd[str(rule.least)], name)
        await call(crowd["owner"], name)
