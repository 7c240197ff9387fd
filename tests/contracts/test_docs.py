from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from fetchgram.cli.commands import _app
from fetchgram.configuration import ENV_PREFIX, load
from fetchgram.plugins.checks import hook_names, settings_class
from fetchgram.settings import BotSettings, Settings, SettingsModel

ROOT = Path(__file__).parents[2]
FOLDERS = (".", "docs", "changes", "framework", "sandbox", "plugins/*", "benchmarks")
PAGES = [page for folder in FOLDERS for page in sorted(ROOT.glob(f"{folder}/*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

_FENCE = re.compile(r"^```(\w*)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CALL = re.compile(r"(?<![\w/.-])fetchgram ([a-z][a-z-]*)([^`\n|]*)")
_OPTION = re.compile(r"(?<!\S)--?[a-z][a-z-]*")
_SETTING = re.compile(r"`([a-z_]+(?:\.[a-z_]+)+)`")
_VARIABLE = re.compile(rf"\b{ENV_PREFIX}[A-Z_]*[A-Z]\b")
_ELSEWHERE = {"FETCHGRAM_CONFIG", "FETCHGRAM_BOTAPI_SPEC"}

each_page = pytest.mark.parametrize("page", PAGES, ids=NAMES)

pytestmark = pytest.mark.timeout(60)  # several processes one after the other


def test_the_pages_are_found() -> None:
    assert {"README.md", "docs/operating.md", "plugins/ytdlp/README.md", "sandbox/README.md"} <= set(NAMES)


@each_page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert [link for link in _links(page) if not _leads_somewhere(page, link)] == []


@each_page
def test_every_command_and_option_exists(page: Path) -> None:
    known = _commands()
    wrong = []
    for call in _CALL.finditer("\n".join(_code(page))):
        name, rest = call[1], call[2].split()
        command = known.get(name)
        if isinstance(command, TyperGroup) and rest:
            name, command = f"{name} {rest[0]}", command.commands.get(rest[0])
        if not isinstance(command, TyperCommand | TyperGroup):
            wrong.append(name)
            continue
        options = {option for each in command.params for option in each.opts}
        wrong += [f"{name} {option}" for option in _OPTION.findall(call[2]) if option not in options]
    assert wrong == []


@each_page
def test_every_setting_exists(page: Path) -> None:
    known = _settings()
    sections = {name.partition(".")[0] for name in known if "." in name} - {"plugin"}
    if page.name == "hooks.md":
        return  # its dotted names are attributes of what hooks are given
    named = [*_SETTING.findall(page.read_text("utf-8")), *(_as_setting(name) for name in _variables(page))]
    asked = [name for name in named if name.partition(".")[0] in sections or name.startswith("plugin.ytdlp.")]
    assert [name for name in asked if name not in known and name not in _events()] == []


@each_page
def test_every_example_of_a_configuration_can_be_read(page: Path, tmp_path: Path) -> None:
    for language, name, content in _FENCE.findall(page.read_text("utf-8")):
        if language == "toml" and name in {"", "fetchgram.toml"}:
            (tmp_path / "fetchgram.toml").write_text(content, encoding="utf-8")
            load(tmp_path / "fetchgram.toml", {})
            assert tomllib.loads(content)


def test_every_event_of_the_log_that_is_named_is_logged() -> None:
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    section = page.partition("## Error numbers")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([a-z]+\.[a-z_]+)`", section))
    assert len(named) > 5
    assert named - _events() == set()


def test_every_sentence_of_the_troubleshooting_is_said_somewhere() -> None:
    patterns = ("framework/src/**/*.ftl", "plugins/*/src/**/*.ftl", "framework/src/**/*.py")
    sources = [path for pattern in patterns for path in ROOT.glob(pattern)]
    said = " ".join(re.sub(r'"\s+f?"', "", path.read_text(encoding="utf-8")) for path in sources)
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    quoted = re.findall(r"^\| “(.+?)” \|", page, re.MULTILINE)
    assert len(quoted) > 10
    parts = [part.strip() for sentence in quoted for part in sentence.split("…")]
    assert [part for part in parts if part not in said] == []


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


def _generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "docs" / "generate.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _code(page: Path) -> Iterator[str]:
    """Give the code of a page: fences that are shell, and what stands between backticks."""
    whole = page.read_text(encoding="utf-8")
    yield from (content for language, _, content in _FENCE.findall(whole) if language == "sh")
    yield from re.findall(r"`([^`\n]+)`", _FENCE.sub("", whole))


def _links(page: Path) -> Iterator[str]:
    without_code = re.sub(r"`[^`\n]*`", "", _FENCE.sub("", page.read_text(encoding="utf-8")))
    return (link for link in _LINK.findall(without_code) if "://" not in link)


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _commands() -> Mapping[str, object]:
    command = typer.main.get_command(_app(()))
    assert isinstance(command, TyperGroup)
    return command.commands


def _settings() -> set[str]:
    """Return every name; bots are named `main` or `other` in examples."""
    models: dict[str, type[SettingsModel]] = {"bots.main.": BotSettings, "bots.other.": BotSettings, "": Settings}
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, SettingsModel):
            models[f"{name}."] = field.annotation
    for point in metadata.entry_points(group="fetchgram.plugins"):
        models[f"plugin.{point.name}."] = settings_class(point.load())
    return {prefix + name for prefix, model in models.items() for name in model.model_fields}


def _events() -> set[str]:
    sources = ROOT.glob("framework/src/**/*.py")
    return {name for path in sources for name in re.findall(r'"([a-z_]+\.[a-z_]+)"', path.read_text(encoding="utf-8"))}


def _variables(page: Path) -> set[str]:
    return set(_VARIABLE.findall(page.read_text(encoding="utf-8"))) - _ELSEWHERE


def _as_setting(variable: str) -> str:
    return variable.removeprefix(ENV_PREFIX).lower().replace("__", ".")
