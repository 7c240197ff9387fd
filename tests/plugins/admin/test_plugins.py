"""The plugins and their settings, on buttons: what an admin sees, what holds then, and what a viewer cannot do."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from pydantic import ByteSize, Field, SecretStr

from fetchgram.api import API_VERSION, AskKind, Names, NotAllowed, PluginState, Role, SettingsModel
from fetchgram.app import Wired
from fetchgram.storage import Storage
from fetchgram.testing import FakeContext
from fetchgram_admin.plugin import Plugin

from .conftest import OWNER, Admin

if TYPE_CHECKING:
    from fetchgram.api import PluginSetting


class Own(SettingsModel):
    timeout_s: float = Field(default=25.0, gt=0, le=90, description="Time to look.")
    most: ByteSize = Field(default=ByteSize(4_000_000_000), description="Largest file.")
    words: Names = ()
    loud: bool = False
    colour: Literal["red", "green"] = "red"
    key: SecretStr | None = None
    file: Path | None = None
    label: str = "a"
    last: int = 1


class Site:
    name = "site"
    api_version = API_VERSION
    Settings = Own

    def __init__(self, settings: Own, context: object) -> None:
        self.settings = settings


@pytest.fixture
def route(storage: Storage, make_route: Callable[..., Wired]) -> Wired:
    return make_route(storage, EntryPoint("site", f"{__name__}:Site", "fetchgram.plugins"), owners=[OWNER.id])


@pytest.fixture
def admin(storage: Storage, route: Wired, tmp_path: Path) -> Admin:
    plugin = Plugin(SettingsModel(), FakeContext(name="admin", data_dir=tmp_path))
    return Admin(plugin, storage, route.controls)


async def state(admin: Admin) -> PluginState:
    (card,) = await admin._interaction().control.plugins.list()
    return card.state


async def setting(admin: Admin, name: str) -> PluginSetting:
    return next(each for each in await admin._interaction().control.plugins.settings("site") if each.name == name)


async def opens(admin: Admin, *labels: str) -> None:
    await admin.says("plugins")
    for label in labels:
        await admin.taps(label)


async def test_a_plugin_is_switched_off_and_on(admin: Admin) -> None:
    await opens(admin, "🟢 site")
    assert "It works." in admin.reads
    await admin.taps("Switch off")
    assert "It is switched off." in admin.reads
    assert await state(admin) is PluginState.DISABLED
    await opens(admin)
    assert "⚪ site · off" in admin.reads
    await admin.taps("⚪ site")
    await admin.taps("Switch on")
    assert "It works." in admin.reads
    assert await state(admin) is PluginState.ACTIVE


async def test_settings_are_pages_of_buttons_with_their_values(admin: Admin) -> None:
    await opens(admin, "site", "Settings")
    assert admin.labels[:4] == ["timeout: 25 s", "most: 4 GB", "words: none", "loud: off"]
    await admin.taps("Next")
    assert admin.labels[0] == "last: 1"
    await admin.taps("Previous")
    assert admin.labels[0] == "timeout: 25 s"


async def test_a_setting_shows_its_meaning_default_and_bounds(admin: Admin) -> None:
    await opens(admin, "site", "Settings", "timeout")
    assert "Time to look." in admin.reads
    assert "Now: 25 s" in admin.reads
    assert "At least 0, at most 90" in admin.reads


async def test_flags_and_choices_are_buttons(admin: Admin) -> None:
    await opens(admin, "site", "Settings", "loud", "✅ On")
    assert "Now: on ✏️" in admin.reads
    assert (await setting(admin, "loud")).value is True
    await opens(admin, "site", "Settings", "colour", "green")
    assert (await setting(admin, "colour")).value == "green"


@pytest.mark.parametrize(
    ("name", "typed", "shown"), [("timeout", "7.5", "7.5 s"), ("most", "25 MB", "25 MB"), ("words", "a, b", "a, b")]
)
async def test_others_are_typed(admin: Admin, name: str, typed: str, shown: str) -> None:
    await opens(admin, "site", "Settings", name, "Change")
    await admin.answers(typed)
    assert f"Now: {shown} ✏️" in admin.reads
    await admin.taps("Back to the configuration")
    assert "✏️" not in admin.reads


async def test_what_does_not_fit_is_told_in_one_sentence_and_asked_again(admin: Admin) -> None:
    await opens(admin, "site", "Settings", "timeout", "Change")
    await admin.answers("100")
    assert "timeout_s stays as it was: input should be less than or equal to 90." in admin.reads
    await admin.answers("80")
    assert "Now: 80 s" in admin.reads


async def test_a_secret_is_asked_for_as_one_and_never_shown(admin: Admin) -> None:
    await opens(admin, "site", "Settings", "key", "Change")
    assert admin.screen.ask is not None
    assert admin.screen.ask.kind is AskKind.SECRET
    await admin.answers("hunter2")
    assert "Now: 🔑 set" in admin.reads
    assert "hunter2" not in repr(admin.screen)
    await admin.taps("None")
    assert "Now: none" in admin.reads


async def test_a_path_is_shown_and_not_changed(admin: Admin) -> None:
    await opens(admin, "site", "Settings", "file")
    assert "configuration only" in admin.reads
    assert admin.labels == ["⬅️ Back"]


async def test_a_viewer_sees_everything_and_has_no_button_that_changes(admin: Admin) -> None:
    viewer = await admin.become(Role.VIEWER)
    await opens(viewer, "site")
    assert viewer.labels == ["⚙️ Settings", "⬅️ Back"]
    await viewer.taps("Settings")
    await viewer.taps("loud")
    assert viewer.labels == ["⬅️ Back"]
    # Forged: the button of somebody else's screen, with the roles of the actions left aside.
    for action in ("disable", "enable", "resume"):
        with pytest.raises(NotAllowed):
            await (
                viewer._commands["admin"]
                .actions[f"plugins.{action}"]
                .handler(viewer._interaction(action=action, args={"plugin": "site"}))
            )
    assert await state(admin) is PluginState.ACTIVE
