from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fetchgram.plugins.checks import hook_names
from fetchgram.settings import ENV_PREFIX, Settings, load

ROOT = Path(__file__).parents[2]


def _generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "docs" / "generate.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_generated_pages_say_what_the_code_says() -> None:
    done = _generate("--check")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_page_that_is_out_of_date_is_found_and_named(tmp_path: Path) -> None:
    assert _generate("--check", "--root", str(tmp_path)).returncode == 1
    assert _generate("--root", str(tmp_path)).returncode == 0
    assert _generate("--check", "--root", str(tmp_path)).returncode == 0
    (tmp_path / ".env.example").write_text("x")
    done = _generate("--check", "--root", str(tmp_path))
    assert (done.returncode, done.stderr) == (1, ".env.example is out of date: run `make docs`\n")


def test_every_hook_has_a_section_with_its_shape_and_when() -> None:
    page = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
    for name in hook_names():
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert f"def {name}(" in section
        assert re.search(r"\*\*Shape:\*\* (first|owner|named|each)\b", section), name
        assert "**When:**" in section, name


def test_the_example_of_the_environment_is_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    pairs = [line.removeprefix("#").partition("=") for line in lines if line.startswith(f"#{ENV_PREFIX}")]
    assert len(pairs) > 40
    environ = {name: value for name, _, value in pairs if value and "__MAIN__" not in name}
    monkeypatch.chdir(tmp_path)  # no fetchgram.toml there
    assert load(None, environ).model_dump(exclude={"plugin"}) == Settings().model_dump(exclude={"plugin"})
