from __future__ import annotations

from typing import TYPE_CHECKING

from fetchgram.api import Action, Interaction, Role, Screen, text
from fetchgram.testing import FakeContext
from fetchgram_admin.panel import SECTIONS, Panel
from fetchgram_admin.section import Section

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Admin


async def nothing(interaction: Interaction) -> Screen:
    return Screen(text=text("admin-back"))


async def test_the_home_screen_leads_to_every_section_and_back(admin: Admin, tmp_path: Path) -> None:
    await admin.says("admin")
    assert "You are an owner" in admin.reads
    assert len(admin.labels) == len(SECTIONS)
    for label in admin.labels:
        await admin.says("admin")
        await admin.taps(label)
        await admin.taps("Back")
        assert "Admin panel" in admin.reads


async def test_a_section_shows_itself_to_who_may_open_it(admin: Admin) -> None:
    low = Section(name="low", label=text("admin-audit"), handler=nothing)
    high = Section(name="high", label=text("admin-back"), handler=nothing, minimum_role=Role.ADMIN)
    panel = Panel([low, high])
    viewer = await admin.become(Role.VIEWER)
    shown = await panel.home(viewer._interaction())
    assert [button.action for row in shown.rows for button in row] == ["low"]


async def test_each_button_has_the_minimum_role_of_its_own() -> None:
    change = Action(handler=nothing, minimum_role=Role.OWNER)
    panel = Panel([Section(name="a", label=text("admin-audit"), handler=nothing, actions={"b": change})])
    assert {name: action.minimum_role for name, action in panel.actions.items()} == {
        "home": Role.VIEWER,
        "a": Role.VIEWER,
        "a.b": Role.OWNER,
    }


def test_no_two_sections_have_one_name(tmp_path: Path) -> None:
    context = FakeContext(name="admin", data_dir=tmp_path)
    names = [section(context).name for section in SECTIONS]
    assert len(set(names)) == len(names)
