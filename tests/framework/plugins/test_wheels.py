from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

LOADS = """
import json
from fetchgram.plugins.loader import load
from fetchgram.settings import Settings
from fetchgram.texts import Texts, catalogues_of
from fetchgram.model import text
import fetchgram, fetchgram_tiny

settings = Settings()
loaded = load(settings, lambda name, own: None)
claim = loaded.plugins["tiny"].detect("https://tiny.example/7")
print(json.dumps({
    "rows": [[s.name, s.version, s.distribution, str(s.state), list(s.hooks), s.error] for s in loaded.statuses],
    "claim": [claim.plugin, claim.media_id],
    "said": Texts.load(catalogues_of(settings)).render(text("tiny-hello", name="you"), "en"),
    "core": Texts.load().render(text("toast-cancelled"), "en"),
    "files": [fetchgram.__file__, fetchgram_tiny.__file__],
}))
"""
PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "fetchgram-tiny"
version = "3.2.1"
dependencies = ["fetchgram>=0.1,<0.2"]

[project.entry-points."fetchgram.plugins"]
tiny = "fetchgram_tiny.plugin:Plugin"

[tool.hatch.build.targets.wheel]
packages = ["src/fetchgram_tiny"]
"""
PLUGIN = '''
"""A third party's plugin."""

from __future__ import annotations

from fetchgram.api import Context, Link, LinkKind, SettingsModel, hookimpl


class Plugin:
    """Claims one site."""

    name = "tiny"
    api_version = 1
    Settings = SettingsModel

    def __init__(self, settings: SettingsModel, context: Context | None) -> None:
        """Build it."""

    @hookimpl
    def detect(self, url: str) -> Link | None:
        """Claim the links of tiny.example."""
        site, _, media_id = url.partition("tiny.example/")
        return Link(plugin="tiny", kind=LinkKind.VIDEO, media_id=media_id, url=url) if media_id else None
'''


def _third_party(folder: Path) -> Path:
    package = folder / "src" / "fetchgram_tiny"
    (package / "locales").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (package / "__init__.py").write_text("")
    (package / "plugin.py").write_text(PLUGIN)
    (package / "locales" / "en.ftl").write_text("tiny-hello = Hello { $name }\n")
    return folder


def _uv(*arguments: str) -> None:
    env = {**os.environ, "UV_OFFLINE": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_NO_CACHE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "uv", *arguments], capture_output=True, text=True, env=env, check=False
    )
    assert done.returncode == 0, done.stderr


def _build(source: Path, out: Path) -> None:
    """Build with the backend of this environment: nothing is downloaded."""
    _uv("build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", str(out), str(source))


def _dependencies(folder: Path) -> Path:
    """Lend the new environment the libraries of this one, but none of our own distributions."""
    lent = folder / "lent"
    lent.mkdir()
    for site_packages in filter(Path.is_dir, map(Path, site.getsitepackages())):
        for entry in site_packages.iterdir():
            if "fetchgram" not in entry.name.lower() and entry.suffix != ".pth":
                (lent / entry.name).symlink_to(entry)
    return lent


@pytest.mark.timeout(120)
def test_built_wheels_work_in_a_clean_environment_with_a_third_partys_plugin(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    for source in (
        ROOT / "framework",
        ROOT / "plugins" / "admin",
        ROOT / "plugins" / "ytdlp",
        _third_party(tmp_path / "tiny"),
    ):
        _build(source, wheels)
    assert len(list(wheels.glob("*.whl"))) == 4

    clean = tmp_path / "clean"
    venv.create(clean, with_pip=False, symlinks=True)
    python = clean / "bin" / "python"
    _uv("pip", "install", "--no-deps", "--no-index", "--python", str(python), *map(str, wheels.glob("*.whl")))
    (site_packages,) = clean.glob("lib/python3*/site-packages")
    (site_packages / "lent.pth").write_text(str(_dependencies(tmp_path)))

    done = subprocess.run([str(python), "-I", "-c", LOADS], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    rows = {row[0]: row[1:] for row in found["rows"]}
    assert rows["tiny"] == ["3.2.1", "fetchgram-tiny", "active", ["detect"], None]
    assert rows["ytdlp"][1:3] == ["fetchgram-ytdlp", "active"], rows["ytdlp"]
    assert rows["admin"][1:4] == ["fetchgram-admin", "active", ["admin_commands"]], rows["admin"]
    assert set(rows) == {"admin", "tiny", "ytdlp"}
    assert found["claim"] == ["tiny", "7"]
    assert (found["said"], found["core"]) == ("Hello you", "Cancelled")
    assert all(Path(file).is_relative_to(clean) for file in found["files"])


@pytest.mark.timeout(60)
def test_a_wheel_has_the_catalogues_the_types_and_no_tests(tmp_path: Path) -> None:
    _build(ROOT / "framework", tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {"fetchgram/py.typed", "fetchgram/locales/en.ftl", "fetchgram/telegram/locales/en.ftl"} <= set(names)
    assert not [name for name in names if "test_" in name or name.startswith("tests")]
