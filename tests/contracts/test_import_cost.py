from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata

import pytest

POINTS = sorted(metadata.entry_points(group="fetchgram.plugins"), key=lambda point: point.name)
HEAVY = {
    "PIL",
    "aiogram",
    "aiohttp",
    "alembic",
    "av",
    "instaloader",
    "matplotlib",
    "numpy",
    "pyrogram",
    "requests",
    "rich",
    "sqlalchemy",
    "yt_dlp",
}

MOST_MODULES = 16


def _loaded_by(statement: str) -> set[str]:
    return {name.partition(".")[0] for name in _modules_of(statement)}


def _modules_of(statement: str) -> set[str]:
    code = f"{statement}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    lines = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    return set(json.loads(lines))


def test_the_plugins_were_found() -> None:
    assert {"sandbox", "ytdlp"} <= {point.name for point in POINTS}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_importing_a_plugin_costs_nothing_heavy(point: metadata.EntryPoint) -> None:
    light = "from fetchgram.cli.light import without\nwith without('rich'): import structlog\n"
    assert _loaded_by(f"{light}import {point.module}") & HEAVY == set()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("point", [p for p in POINTS if p.name != "sandbox"], ids=lambda point: point.name)
def test_a_plugin_is_a_few_modules_until_it_is_needed(point: metadata.EntryPoint) -> None:
    """A module takes about half a millisecond; time itself depends on who else uses the machine."""
    given = "import structlog, fetchgram.api"
    own = _modules_of(f"{given}, {point.module}") - _modules_of(given)
    assert len(own) <= MOST_MODULES, sorted(own)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("module", ["fetchgram.api", "fetchgram.testing", "fetchgram.settings", "fetchgram.logs"])
def test_what_plugins_build_on_costs_nothing_heavy(module: str) -> None:
    assert _loaded_by(f"import {module}") & (HEAVY - {"rich"}) == set()


@pytest.mark.timeout(60)
def test_the_measure_finds_what_is_heavy() -> None:
    assert _loaded_by("import sqlalchemy") & HEAVY == {"sqlalchemy"}
