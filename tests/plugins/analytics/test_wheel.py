from __future__ import annotations

import asyncio
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.timeout(120)
async def test_revision_files_and_sentences_are_in_the_wheel(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)),
        cwd=ROOT / "plugins" / "analytics",
    )
    assert await process.wait() == 0
    (wheel,) = await asyncio.to_thread(lambda: list(tmp_path.glob("*.whl")))
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = ("migrations/0001_first.py", "locales/en.ftl", "py.typed", "drawing/child.py")
    assert {f"fetchgram_analytics/{name}" for name in wanted} <= names


async def test_loading_the_plugin_imports_neither_matplotlib_nor_sqlalchemy() -> None:
    code = (
        "import sys, fetchgram_analytics.plugin; print([m for m in ('matplotlib', 'sqlalchemy') if m in sys.modules])"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert (await process.communicate())[0] == b"[]\n"


async def test_nothing_but_the_child_that_draws_imports_matplotlib() -> None:
    code = (
        "import importlib, pkgutil, sys, fetchgram_analytics as package\n"
        "names = [each.name for each in pkgutil.walk_packages(package.__path__, 'fetchgram_analytics.')]\n"
        "assert 'fetchgram_analytics.drawing.child' in names\n"
        "for name in names: importlib.import_module(name)\n"
        "print('matplotlib' in sys.modules)"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert (await process.communicate())[0] == b"False\n"
