"""The panel over the real authority and a real database; only Telegram is left out."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from fetchgram.api import Interaction, Json, Person, Role, Screen, SettingsModel
from fetchgram.app import Wired
from fetchgram.clock import SystemClock
from fetchgram.control.controls import Controls
from fetchgram.settings import Settings
from fetchgram.storage import Storage, open_storage
from fetchgram.testing import FakeContext, FakeCourier
from fetchgram.texts import Texts, catalogues_of
from fetchgram_admin.plugin import Plugin

BOT = 1
OWNER = Person(bot_id=BOT, id=1, first_name="Olga", role=Role.OWNER)
TEXTS = Texts.load(catalogues_of(Settings()))


class Admin:
    """An admin who presses buttons and reads screens."""

    def __init__(self, plugin: Plugin, storage: Storage, controls: Controls, person: Person = OWNER) -> None:
        self._commands = {command.name: command for command in plugin.admin_commands()}
        self.storage, self._controls, self.person, self._plugin = storage, controls, person, plugin
        self.screen = Screen(text=None)  # type: ignore[arg-type]  # nothing yet

    async def become(self, role: Role, person: int = 60) -> Admin:
        """Return somebody else, with this role."""
        who = Person(bot_id=BOT, id=person, first_name=f"P{person}")
        async with self.storage.write() as session:
            await session.people.seen(who)
            await session.people.set_role(BOT, person, role)
        return Admin(self._plugin, self.storage, self._controls, replace(who, role=role))

    async def says(self, command: str, typed: str | None = None) -> Screen:
        self.screen = await self._commands[command].handler(self._interaction(text=typed))
        return self.screen

    async def does(self, action: str, args: Mapping[str, Json] | None = None, **more: object) -> Screen:
        found = self._commands["admin"].actions[action]
        assert self.person.role.includes(found.minimum_role)
        self.screen = await found.handler(self._interaction(action=action, args=args or {}, **more))
        return self.screen

    async def taps(self, label: str) -> Screen:
        """Tap a button of the present screen."""
        button = next(button for row in self.screen.rows for button in row if label in said(button.label))
        return await self.does(button.action, button.args)

    async def walks(self, *labels: str) -> Screen:
        """Tap one button after the other."""
        for label in labels:
            await self.taps(label)
        return self.screen

    async def answers(self, typed: str) -> Screen:
        """Answer the question of the present screen."""
        assert self.screen.ask is not None
        return await self.does(self.screen.ask.action, self.screen.ask.args, text=typed)

    @property
    def reads(self) -> str:
        return "\n".join(said(line) for line in (self.screen.text, *self.screen.lines))

    @property
    def labels(self) -> list[str]:
        return [said(button.label) for row in self.screen.rows for button in row]

    def _interaction(self, **more: object) -> Interaction:
        control = self._controls.of_person(self.person, self.person.role)
        fields = {"person": self.person, "role": self.person.role, "chat": self.person.id, "locale": "en"}
        return Interaction(**fields, control=control, **more)  # type: ignore[arg-type]  # fields of Interaction


def said(text: object) -> str:
    return TEXTS.render(text, "en")  # type: ignore[arg-type]  # a Text


@pytest.fixture
async def storage(tmp_path: Path, migrated: Path) -> AsyncIterator[Storage]:
    shutil.copy(migrated, tmp_path)
    opened = await open_storage(None, tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def courier() -> FakeCourier:
    return FakeCourier()


@pytest.fixture
def admin(storage: Storage, courier: FakeCourier, tmp_path: Path, make_route: Callable[..., Wired]) -> Admin:
    controls = make_route(storage, courier=courier, owners=[OWNER.id]).controls
    context = FakeContext(name="admin", data_dir=tmp_path, clock=SystemClock())
    return Admin(Plugin(SettingsModel(), context), storage, controls)
