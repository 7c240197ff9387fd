from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, NoReturn

import pytest
import structlog

from fetchgram import api
from fetchgram.plugins.checks import API_VERSION, hook_names
from fetchgram.plugins.loader import load, packages
from fetchgram.plugins.status import Loaded, PluginState
from fetchgram.settings import Settings
from fetchgram.testing import fake_platform

if TYPE_CHECKING:
    from tests.framework.plugins.conftest import Shelf

pytestmark = pytest.mark.filterwarnings("error")

HEAD = """
class Plugin:
    name = "broken"
    api_version = 1

    def __init__(self, settings, context):
        pass
"""
HOOKED = HEAD + "\n    @hookimpl\n"

BROKEN = {
    "import error": ("import no_such_module_anywhere\n", "No module named"),
    "syntax error": ("class Plugin(:\n", "SyntaxError"),
    "exit at import": ("raise SystemExit('bye')\n", "SystemExit: bye"),
    "no such class": ("x = 1\n", "AttributeError"),
    "a function": ("def Plugin(settings, context): return None\n", "not to the function 'Plugin'"),
    "an instance": (HEAD + "\nPlugin = Plugin(None, None)\n", "not to an instance of 'Plugin'"),
    "another signature": (HEAD.replace("settings, context", "app"), "it is built as Plugin(settings, context)"),
    "keyword-only": (HEAD.replace("self, settings", "self, *, settings"), "it is built as"),
    "more parameters": (HEAD.replace("context)", "context, bot=None)"), "it is built as"),
    "wrong name": (HEAD.replace("broken", "other"), "`name` of the class is 'other'"),
    "no name": ("class Plugin:\n    pass\n", "`name` of the class is None"),
    "wrong api version": (HEAD.replace("= 1", "= 99"), "API version 99"),
    "no api version": (HEAD.replace("api_version", "version"), "API version None"),
    "settings of another kind": (HEAD + "    Settings = dict\n", "subclass of `SettingsModel`"),
    "raising constructor": (HEAD.replace("pass", "raise OSError('no disk')"), "OSError: no disk"),
    "exit in constructor": (HEAD.replace("pass", "raise SystemExit(3)"), "SystemExit: 3"),
    "unshowable error": (
        "class E(Exception):\n    def __str__(self): raise RuntimeError\n" + HEAD.replace("pass", "raise E"),
        "E: ",
    ),
    "misspelt hook": (HOOKED + "    def detekt(self, url): pass\n", "'detekt', did you mean 'detect'?"),
    "async detect": (HOOKED + "    async def detect(self, url): pass\n", "'detect' must be `def`"),
    "sync probe": (HOOKED + "    def probe(self, link): pass\n", "'probe' must be `async def`"),
    "generator": (HOOKED + "    async def routes(self): yield 1\n", "'routes' must be `def`"),
    "unknown parameter": (HOOKED + "    def detect(self, uri): pass\n", "no parameter 'uri', did you mean 'url'?"),
    "default parameter": (HOOKED + "    def detect(self, url=None): pass\n", "must not have a default"),
    "star parameter": (HOOKED + "    def detect(self, *url): pass\n", "must be a plain one"),
    "wrapper": (
        HEAD + "\n    @hookimpl(wrapper=True)\n    def probe(self, link):\n        return (yield)\n",
        "must not be a wrapper",
    ),
}


def _load(shelf: Shelf, **settings: object) -> Loaded:
    return load(Settings.model_validate(settings), lambda _name, _settings: None, entry_points=shelf.points())


@pytest.mark.parametrize(("source", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_is_a_row_and_the_others_work(shelf: Shelf, source: str, said: str) -> None:
    shelf.put("broken", source)
    shelf.put("alpha")
    shelf.put("omega")
    with structlog.testing.capture_logs() as logs:
        loaded = _load(shelf)
    rows = {row.name: row for row in loaded.statuses}
    assert rows["broken"].state is PluginState.FAILED
    assert said in (rows["broken"].error or "")
    assert rows["broken"].hooks == ()
    assert set(loaded.plugins) == {"alpha", "omega"}
    assert not loaded.manager.has_plugin("broken")
    assert loaded.manager.hook.detect(url="https://omega/") is not None
    errors = [log for log in logs if log["log_level"] == "error"]
    assert [(log["event"], log["plugin"]) for log in errors] == [("plugin.failed", "broken")]
    assert errors[0]["exc_info"] is not None


def test_rows_name_version_distribution_and_hooks(shelf: Shelf) -> None:
    shelf.put("alpha")
    (row,) = _load(shelf).statuses
    assert (row.name, row.version, row.distribution) == ("alpha", "1.2", "third-party-alpha")
    assert (row.state, row.hooks, row.error) == (PluginState.ACTIVE, ("detect", "probe"), None)


def test_rows_are_sorted_by_name_whatever_the_file_system_says(shelf: Shelf) -> None:
    for name in ("c", "a", "b"):
        shelf.put(name)
    assert [row.name for row in _load(shelf).statuses] == ["a", "b", "c"]


def test_a_disabled_plugin_is_not_imported(shelf: Shelf) -> None:
    shelf.put("broken", "raise AssertionError('imported')\n")
    (row,) = _load(shelf, plugins={"disabled": "broken"}).statuses
    assert row.state is PluginState.DISABLED


def test_only_keeps_what_it_names_and_the_sandbox_and_builtins(shelf: Shelf) -> None:
    for name in ("a", "b", "sandbox"):
        shelf.put(name)
    settings = Settings.model_validate({"plugins": {"only": ["b"]}})
    loaded = load(settings, lambda *_: None, entry_points=shelf.points(), builtins=[fake_platform("core")])
    assert {row.name: str(row.state) for row in loaded.statuses} == {
        "core": "active",
        "a": "disabled",
        "b": "active",
        "sandbox": "active",
    }


def test_builtins_come_first_and_pass_the_same_checks(shelf: Shelf) -> None:
    shelf.put("alpha")
    wrong = type("Wrong", (), {"name": "wrong"})
    loaded = load(Settings(), lambda *_: None, entry_points=shelf.points(), builtins=[fake_platform("telegram"), wrong])
    assert [(row.name, str(row.state)) for row in loaded.statuses] == [
        ("telegram", "active"),
        ("wrong", "failed"),
        ("alpha", "active"),
    ]
    assert loaded.statuses[0].distribution == "fetchgram"


def test_of_two_plugins_of_one_name_the_first_distribution_stays(shelf: Shelf) -> None:
    shelf.put("alpha", distribution="b-dist")
    shelf.put("alpha", distribution="a-dist")
    first, second = _load(shelf).statuses
    assert (first.distribution, str(first.state)) == ("a-dist", "active")
    assert (second.distribution, str(second.state)) == ("b-dist", "failed")
    assert "another plugin is named 'alpha' too: it is in a_dist" in (second.error or "")


def test_nobody_takes_the_name_of_a_builtin(shelf: Shelf) -> None:
    shelf.put("telegram")
    loaded = load(Settings(), lambda *_: None, entry_points=shelf.points(), builtins=[fake_platform("telegram")])
    assert [str(row.state) for row in loaded.statuses] == ["active", "failed"]
    assert type(loaded.plugins["telegram"]).__name__ == "FakePlatformOfTest"


SETTINGS = """
class Own(SettingsModel):
    max_duration_s: int = 60
    cookie: str | None = None
"""
WITH_SETTINGS = SETTINGS + HEAD.replace("pass", "self.settings = settings") + "    Settings = Own\n"


def test_a_plugin_gets_its_own_settings_and_the_context_made_for_them(shelf: Shelf) -> None:
    shelf.put("broken", WITH_SETTINGS)
    seen: list[tuple[str, object]] = []

    def make_context(name: str, own: object) -> None:
        seen.append((name, own))

    settings = Settings(plugin={"broken": {"max_duration_s": "90"}})
    loaded = load(settings, make_context, entry_points=shelf.points())
    own = loaded.settings["broken"]
    assert own.model_dump() == {"max_duration_s": 90, "cookie": None}
    assert seen == [("broken", own)]
    assert getattr(loaded.plugins["broken"], "settings", None) is own


def test_a_setting_that_does_not_fit_is_named_and_not_shown(shelf: Shelf) -> None:
    shelf.put("broken", WITH_SETTINGS)
    (row,) = _load(shelf, plugin={"broken": {"max_duration_s": "s3cret"}}).statuses
    assert row.state is PluginState.FAILED
    assert "plugin.broken.max_duration_s" in (row.error or "")
    assert "s3cret" not in (row.error or "")


def test_an_unknown_setting_is_named_with_a_suggestion(shelf: Shelf) -> None:
    shelf.put("broken", WITH_SETTINGS)
    (row,) = _load(shelf, plugin={"broken": {"max_duratoin_s": 1}}).statuses
    assert row.error == "unknown setting in [plugin.broken]: 'max_duratoin_s', did you mean 'max_duration_s'?"


def test_a_context_that_cannot_be_made_fails_that_plugin_alone(shelf: Shelf) -> None:
    shelf.put("alpha")
    shelf.put("omega")

    def make_context(name: str, _own: object) -> None:
        if name == "alpha":
            raise PermissionError("no folder")

    loaded = load(Settings(), make_context, entry_points=shelf.points())
    assert [str(row.state) for row in loaded.statuses] == ["failed", "active"]


def test_settings_for_plugins_that_are_not_installed_are_warned_about(shelf: Shelf) -> None:
    shelf.put("youtube")
    loaded = _load(
        shelf, plugins={"disabled": ["yotube"], "only": ["youtube", "zzz"]}, plugin={"youtub": {"a": 1}, "youtube": {}}
    )
    assert loaded.warnings == (
        "plugins.disabled: no plugin 'yotube' is installed, did you mean 'youtube'?",
        "plugins.only: no plugin 'zzz' is installed",
        "plugin: no plugin 'youtub' is installed, did you mean 'youtube'?",
    )


def test_metadata_that_cannot_be_listed_stops_nothing() -> None:
    class Unlistable(list[metadata.EntryPoint]):
        def __iter__(self) -> NoReturn:
            raise OSError("broken dist-info")

    loaded = load(Settings(), lambda *_: None, entry_points=Unlistable(), builtins=[fake_platform()])
    assert list(loaded.plugins) == ["fake"]


def test_metadata_that_cannot_be_read_still_loads_the_plugin(shelf: Shelf) -> None:
    shelf.put("alpha")
    (shelf.folder / "third_party_alpha-1.2.dist-info" / "METADATA").unlink()
    (row,) = _load(shelf).statuses
    assert row.state is PluginState.ACTIVE


def test_without_entry_points_the_installed_ones_are_found() -> None:
    assert "ytdlp" in {row.name for row in load(Settings(), lambda *_: None).statuses}


def test_an_implementation_may_name_any_subset_of_the_parameters(shelf: Shelf) -> None:
    shelf.put("broken", HOOKED + "    async def deliver(self, ledger, route): pass\n")
    (row,) = _load(shelf).statuses
    assert row.hooks == ("deliver",)


def test_the_api_names_the_version_that_the_loader_checks() -> None:
    assert api.API_VERSION == API_VERSION


def test_all_hooks_of_the_page_are_known() -> None:
    assert {"detect", "download", "deliver", "startup"} <= set(hook_names())
    assert len(hook_names()) == 16  # one is added on purpose only


def test_the_folders_of_packages_are_found_and_a_lone_module_stops_nothing(shelf: Shelf) -> None:
    shelf.put("alpha")
    (shelf.folder / "lone.py").write_text("from third_party_alpha import *\nclass Plugin(Plugin): name = 'lone'\n")
    shelf.put("lone", "", distribution="other", value="lone:Plugin")
    shelf.modules.add("lone")
    loaded = load(Settings(), lambda *_: None, entry_points=shelf.points(), builtins=[fake_platform()])
    assert set(loaded.plugins) == {"fake", "alpha", "lone"}
    found = {name: str(folder) for name, folder in packages(loaded.plugins).items()}
    assert found["alpha"] == str(shelf.folder / "third_party_alpha")
    assert found["fake"].endswith("fetchgram/testing")
    assert "lone" not in found
