"""Who may change plugins, what holds then, and what the audit log says of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import ByteSize, Field, SecretStr

from fetchgram.api import API_VERSION, Names, SettingsModel, hookimpl
from fetchgram.app import Wired
from fetchgram.control.controls import BoundControl, Controls
from fetchgram.errors import ConfigError, FetchgramError, NotAllowed
from fetchgram.model import Json, Person, Role
from fetchgram.model.audit import AuditEntry
from fetchgram.model.plugins import PluginCard, PluginSetting, PluginState, SettingKind
from fetchgram.plugins.overrides import Overrides
from fetchgram.plugins.sources import GROUP
from fetchgram.storage import Storage

BOT = 1
OWNER = Person(bot_id=BOT, id=1)
AsRole = Callable[..., Awaitable[BoundControl]]


class Own(SettingsModel):
    size: int = Field(default=3, ge=1, le=9, description="How much.")
    most: ByteSize = ByteSize(1000)
    words: Names = ()
    loud: bool = False
    key: SecretStr | None = None
    file: Path | None = None
    breaks: bool = False


class Site:
    name = "site"
    api_version = API_VERSION
    Settings = Own

    built = 0
    meanwhile: ClassVar[Callable[[], Awaitable[object]] | None] = None
    """What happens while it starts."""

    def __init__(self, settings: Own, context: object) -> None:
        Site.built += 1
        if settings.breaks:
            raise RuntimeError("token 123456789:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA is bad")
        self.settings = settings

    @hookimpl
    async def startup(self) -> None:
        if Site.meanwhile is not None:
            await Site.meanwhile()


@pytest.fixture
def route(storage: Storage, make_route: Callable[..., Wired]) -> Wired:
    point = EntryPoint("site", f"{__name__}:Site", GROUP)
    assert __name__ in sys.modules
    return make_route(storage, point, owners=[OWNER.id], plugin={"site": {"size": 4}})


@pytest.fixture
def controls(route: Wired) -> Controls:
    return route.controls


@pytest.fixture
def control(route: Wired) -> BoundControl:
    return route.controls.of_person(OWNER, Role.OWNER)


async def card(control: BoundControl) -> PluginCard:
    (found,) = await control.plugins.list()
    return found


async def setting(control: BoundControl, name: str) -> PluginSetting:
    return next(each for each in await control.plugins.settings("site") if each.name == name)


async def audited(storage: Storage) -> list[AuditEntry]:
    async with storage.read() as session:
        return await session.audit.page(BOT, 50)


async def test_switching_off_and_on_again(control: BoundControl, storage: Storage) -> None:
    await control.plugins.disable("site")
    assert ((await card(control)).state, (await card(control)).changed) == (PluginState.DISABLED, True)
    await control.plugins.enable("site")
    assert (await card(control)).state is PluginState.ACTIVE
    assert [(entry.action, entry.target, entry.before, entry.after) for entry in await audited(storage)] == [
        ("plugin.enable", "plugin:site", "disabled", "active"),
        ("plugin.disable", "plugin:site", "active", "disabled"),
    ]


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("size", "7", 7),
        ("most", "25 MB", 25_000_000),
        ("words", "one, two", ["one", "two"]),
        ("loud", True, True),
        ("words", "", []),
    ],
)
async def test_a_setting_is_typed_checked_and_holds(
    control: BoundControl,
    name: str,
    typed: str | bool,  # noqa: FBT001  # a value of a setting
    value: Json,
) -> None:
    await control.plugins.set("site", name, typed)
    found = await setting(control, name)
    assert (found.value, found.changed) == (value, True)


async def test_back_to_the_configuration(control: BoundControl, storage: Storage) -> None:
    await control.plugins.set("site", "size", "7")
    await control.plugins.reset("site", "size")
    found = await setting(control, "size")
    assert (found.value, found.default, found.changed) == (4, 3, False)
    assert [(entry.before, entry.after) for entry in await audited(storage)] == [
        ({"size": 7}, None),
        ({"size": 4}, {"size": 7}),
    ]


@pytest.mark.parametrize(
    ("name", "typed", "reason"),
    [
        ("size", "10", "less than or equal to 9"),
        ("size", "many", "valid integer"),
        ("file", "/etc/passwd", ""),
        ("nothing", "1", ""),
    ],
)
async def test_what_does_not_fit_is_refused_with_the_reason(
    control: BoundControl, route: Wired, storage: Storage, name: str, typed: str, reason: str
) -> None:
    before = route.switches.switching.overrides
    with pytest.raises(ConfigError) as refusal:
        await control.plugins.set("site", name, typed)
    assert reason in str(refusal.value.text.params.get("reason", ""))
    assert route.switches.switching.overrides == before
    assert await audited(storage) == []


async def test_a_plugin_that_breaks_with_the_new_setting_stays_as_it_was(
    control: BoundControl, storage: Storage
) -> None:
    with pytest.raises(ConfigError) as refusal:
        await control.plugins.set("site", "breaks", True)  # noqa: FBT003  # the value of the setting
    reason = str(refusal.value.text.params["reason"])
    assert "RuntimeError" in reason
    assert "AAAA" not in reason
    assert (await card(control)).state is PluginState.ACTIVE
    assert await audited(storage) == []


async def test_the_error_of_a_failed_plugin_is_shown_without_its_secrets(
    storage: Storage, make_route: Callable[..., Wired]
) -> None:
    point = EntryPoint("site", f"{__name__}:Site", GROUP)
    route = make_route(storage, point, owners=[OWNER.id], plugin={"site": {"breaks": True}})
    shown = await card(route.controls.of_person(OWNER, Role.OWNER))
    assert shown.state is PluginState.FAILED
    assert "RuntimeError" in str(shown.error)
    assert "AAAA" not in str(shown.error)


async def test_a_secret_is_replaced_and_never_shown(control: BoundControl, route: Wired, storage: Storage) -> None:
    await control.plugins.set("site", "key", "s3cret")
    plugin = route.switches.switching._hooks.roster.present.plugins["site"]
    assert isinstance(plugin, Site)
    assert plugin.settings.key is not None
    assert plugin.settings.key.get_secret_value() == "s3cret"
    found = await setting(control, "key")
    assert (found.kind, found.value, found.changed) == (SettingKind.SECRET, True, True)
    async with storage.read() as session:
        kept = await session.overrides.get_all()
    assert "s3cret" not in json.dumps(kept["plugin:site"])
    assert "s3cret" not in repr(await audited(storage)) + repr(found)


async def test_a_viewer_sees_and_changes_nothing(as_role: AsRole, route: Wired, storage: Storage) -> None:
    viewer = await as_role(Role.VIEWER)
    assert await viewer.plugins.settings("site")
    assert len(await viewer.plugins.list()) == 1
    before, built = route.switches.switching.overrides, Site.built
    for attempt in (
        viewer.plugins.disable("site"),
        viewer.plugins.enable("site"),
        viewer.plugins.resume("site"),
        viewer.plugins.set("site", "size", "7"),
        viewer.plugins.reset("site", "size"),
    ):
        with pytest.raises(NotAllowed):
            await attempt
    assert route.switches.switching.overrides == before
    assert Site.built == built, "whoever may not costs nothing"
    assert await audited(storage) == []


async def test_whoever_loses_the_role_while_the_new_plugin_starts_changes_nothing(
    as_role: AsRole, route: Wired, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dismiss() -> None:
        async with storage.write() as session:
            await session.people.set_role(BOT, 50, Role.VIEWER)

    admin = await as_role(Role.ADMIN)
    monkeypatch.setattr(Site, "meanwhile", staticmethod(dismiss))
    with pytest.raises(NotAllowed):
        await admin.plugins.set("site", "size", "7")
    assert route.switches.switching.overrides == Overrides()
    assert (await setting(admin, "size")).value == 4
    async with storage.read() as session:
        assert await session.overrides.get_all() == {}
    assert await audited(storage) == []


async def test_nobody_else_sees_them(as_role: AsRole) -> None:
    person = await as_role(Role.USER)
    with pytest.raises(NotAllowed):
        await person.plugins.list()
    with pytest.raises(NotAllowed):
        await person.plugins.settings("site")


async def test_a_plugin_that_is_not_there_is_no_plugin(control: BoundControl) -> None:
    with pytest.raises(FetchgramError):
        await control.plugins.disable("elsewhere")
