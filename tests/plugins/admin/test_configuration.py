from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchgram.api import ConfigError, Role
from fetchgram.app import Wired
from fetchgram.configuration import load
from fetchgram.settings import Settings
from fetchgram.storage import Storage

from .conftest import OWNER

if TYPE_CHECKING:
    from .conftest import Admin

FILE = """
owners = [1]
[limits]
running = 2
[database]
url = "postgresql://fetchgram:hunter2@db.example/fetchgram"
[bots.main]
token = "7:hunter2"
"""


async def test_every_section_is_shown_and_leads_back(admin: Admin) -> None:
    await admin.says("admin")
    await admin.taps("Settings")
    sections = [label for label in admin.labels if label.isidentifier()]
    models = {name for name, field in Settings.model_fields.items() if isinstance(field.annotation, type)}
    assert {"general", "limits", "work", "delivery"} <= set(sections) <= models | {"general"}
    for name in sections:
        await admin.taps(name)
        assert ": " in admin.reads
        await admin.taps("Back")


async def test_a_value_says_where_it_was_given_and_no_secret_is_shown(
    storage: Storage, make_route: Callable[..., Wired], tmp_path: Path
) -> None:
    path = tmp_path / "fetchgram.toml"
    path.write_text(FILE)
    settings = load(path, {"FETCHGRAM_LIMITS__WAITING": "9"})
    controls = replace(make_route(storage).controls, settings=settings)
    told = controls.of_person(OWNER, Role.OWNER).configuration
    found = {each.name: (each.value, each.origin.value) for each in await told.of("limits")}
    assert found["running"] == (2, "file")
    assert found["waiting"] == (9, "environment")
    assert found["list_items"] == (50, "default")
    everything = [each for section in await told.sections() for each in await told.of(section)]
    assert "hunter2" not in repr(everything)
    assert {each.name for each in everything} >= {"token", "url", "data_dir", "owners"}
    with pytest.raises(ConfigError):
        await told.of("nowhere")


async def test_a_zero_that_means_something_is_told_in_words(admin: Admin) -> None:
    await admin.says("admin")
    await admin.taps("Settings")
    await admin.taps("limits")
    assert "bytes_per_hour: 0: no limit" in admin.reads
    assert "0 B" not in admin.reads
