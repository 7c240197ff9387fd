from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from fetchgram.configuration import load, unknown_keys, validate
from fetchgram.errors import ConfigError
from fetchgram.settings import Settings, SettingsModel

SECRET = "hunter2hunter2"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _toml(text: str) -> Path:
    path = Path("fetchgram.toml")
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_the_defaults_work() -> None:
    settings = load(None, {})
    assert settings == Settings()
    assert settings.data_dir == Path("data")
    assert settings.delivery.botapi_max is None  # what the server takes


def test_the_file_of_this_folder_is_read_and_another_one_only_when_named() -> None:
    _toml("data_dir = 'here'\n")
    Path("other.toml").write_text("data_dir = 'there'\n", encoding="utf-8")
    assert load(None, {}).data_dir == Path("here")
    assert load(Path("other.toml"), {}).data_dir == Path("there")


def test_the_environment_goes_over_the_file_key_by_key() -> None:
    _toml("owners = [1]\n[work]\njobs = 2\nuploads = 5\n[bots.main]\ntoken = 'x'\napi_url = 'http://a'\n")
    env = {"FETCHGRAM_WORK__JOBS": "9", "FETCHGRAM_BOTS__MAIN__TOKEN": "y", "FETCHGRAM_BOTS__TWO__TOKEN": "z"}
    settings = load(None, env)
    assert (settings.work.jobs, settings.work.uploads, settings.owners) == (9, 5, (1,))
    assert settings.bots["main"].token.get_secret_value() == "y"
    assert settings.bots["main"].api_url == "http://a"
    assert set(settings.bots) == {"main", "two"}


@pytest.mark.parametrize(
    "environ",
    [
        {"FETCHGRAM_NETWORK__PROXIES__YOUTUBE": "http://u:secret@proxy.example:3128"},
        {"FETCHGRAM_NETWORK__PROXIES": '{"youtube": "http://u:secret@proxy.example:3128"}'},
    ],
)
def test_a_table_in_the_environment_is_json_or_entries_and_its_secrets_are_not_shown(environ: dict[str, str]) -> None:
    settings = load(None, environ)
    assert settings.network.proxies["youtube"].get_secret_value() == "http://u:secret@proxy.example:3128"
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("value", ["a,b", " a , b ,", '["a", "b"]'])
def test_lists_in_the_environment_are_commas_or_json(value: str) -> None:
    assert load(None, {"FETCHGRAM_PLUGINS__DISABLED": value}).plugins.disabled == ("a", "b")


def test_lists_of_numbers_too() -> None:
    settings = load(None, {"FETCHGRAM_OWNERS": "1, 2", "FETCHGRAM_NETWORK__PORTS": "[80]"})
    assert settings.owners == (1, 2)
    assert settings.network.ports == (80,)
    assert load(None, {"FETCHGRAM_OWNERS": ""}).owners == ()


def test_sizes_have_units() -> None:
    assert load(None, {"FETCHGRAM_LIMITS__FILE_MAX": "2 GB"}).limits.file_max == 2_000_000_000


def test_settings_of_plugins_are_left_to_them() -> None:
    settings = load(None, {"FETCHGRAM_PLUGIN__YOUTUBE__MAX_DURATION_S": "60"})
    assert settings.plugin == {"youtube": {"max_duration_s": "60"}}


@pytest.mark.parametrize("name", ["FETCHGRAM_CONFIG", "FETCHGRAM_BOTAPI_SPEC", "PATH", "fetchgram_work__jobs"])
def test_other_variables_are_no_settings(name: str) -> None:
    assert load(None, {name: "/x"}) == Settings()


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("dta_dir = 'x'", "unknown setting in 'fetchgram.toml': 'dta_dir', did you mean 'data_dir'?"),
        ("[netwrk]\nallow = []", "unknown setting in 'fetchgram.toml': 'netwrk', did you mean 'network'?"),
        ("[work]\njbos = 1", "unknown setting in 'fetchgram.toml': 'jbos' in [work], did you mean 'jobs'?"),
        (
            "[bots.main]\ntokn = 'x'\n[work]\nzzz = 1",
            "unknown setting in 'fetchgram.toml': 'tokn' in [bots.main], did you mean 'token'?; 'zzz' in [work]",
        ),
    ],
)
def test_every_unknown_key_of_the_file_is_named_with_a_suggestion(toml: str, said: str) -> None:
    _toml(toml)
    with pytest.raises(ConfigError) as caught:
        load(None, {})
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("FETCHGRAM_DATADIR", "FETCHGRAM_DATADIR, did you mean FETCHGRAM_DATA_DIR?"),
        ("FETCHGRAM_WORK__JBOS", "FETCHGRAM_WORK__JBOS, did you mean FETCHGRAM_WORK__JOBS?"),
        ("FETCHGRAM_BOTS__MAIN__TOKN", "FETCHGRAM_BOTS__MAIN__TOKN, did you mean FETCHGRAM_BOTS__MAIN__TOKEN?"),
        ("FETCHGRAM_", "FETCHGRAM_"),
    ],
)
def test_a_misspelt_variable_is_named_with_a_suggestion(name: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {name: "x"})
    assert str(caught.value) == f"unknown setting in the environment: {said}"


@pytest.mark.parametrize(
    ("toml", "path", "variable"),
    [
        (f"[bots.main]\ntoken = ['{SECRET}']", "bots.main.token", "FETCHGRAM_BOTS__MAIN__TOKEN"),
        ("[bots.main]\napi_url = 'http://a'", "bots.main.token", "FETCHGRAM_BOTS__MAIN__TOKEN"),
        (f"[work]\njobs = '{SECRET}'", "work.jobs", "FETCHGRAM_WORK__JOBS"),
        ("[work]\njobs = 0", "work.jobs", "FETCHGRAM_WORK__JOBS"),
        (f"owners = '[{SECRET}'", "owners", "FETCHGRAM_OWNERS"),
        (f"bots = '{SECRET}'", "bots", "FETCHGRAM_BOTS"),
        (f"[bots]\nmain = '{SECRET}'", "bots.main", "FETCHGRAM_BOTS__MAIN"),
        (f"network = '{SECRET}'", "network", "FETCHGRAM_NETWORK"),
    ],
)
def test_a_value_that_does_not_fit_is_named_where_it_may_be_set_and_never_shown(
    toml: str, path: str, variable: str
) -> None:
    _toml(toml)
    with pytest.raises(ConfigError) as caught:
        load(None, {})
    message = str(caught.value)
    assert message.startswith(f"setting {path!r} (fetchgram.toml or {variable}): ")
    assert SECRET not in message
    assert caught.value.__cause__ is None  # pydantic's own error would show the value in a traceback


def test_several_wrong_values_are_told_at_once() -> None:
    _toml("[work]\njobs = 0\nuploads = 0")
    with pytest.raises(ConfigError, match=r"'work\.jobs'.*; setting 'work\.uploads'"):
        load(None, {})


@pytest.mark.parametrize("content", [b"= 3", b"a = 1\na = 2", b"\xff\xfe"])
def test_what_is_no_toml_is_told(content: bytes) -> None:
    Path("fetchgram.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"'fetchgram\.toml' is not valid TOML"):
        load(None, {})


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'absent\.toml' cannot be read: No such file"):
        load(Path("absent.toml"), {})
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path, {})


def test_variables_that_contradict_each_other_are_told() -> None:
    with pytest.raises(ConfigError, match="'FETCHGRAM_WORK__JOBS' contradicts another one"):
        load(None, {"FETCHGRAM_WORK": "x", "FETCHGRAM_WORK__JOBS": "1"})


def test_a_secret_shows_in_no_form_of_the_settings() -> None:
    settings = load(None, {"FETCHGRAM_BOTS__MAIN__TOKEN": SECRET})
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()


class _Own(SettingsModel):
    password: SecretStr = Field(default=SecretStr(""), max_length=3, description="Of the account.")
    depth: int = 1


def test_a_plugins_own_settings_are_checked_the_same_way() -> None:
    with pytest.raises(ConfigError) as caught:
        validate(_Own, {"password": SECRET, "depth": SECRET}, "plugin.own")
    message = str(caught.value)
    assert "setting 'plugin.own.password' (fetchgram.toml or FETCHGRAM_PLUGIN__OWN__PASSWORD): " in message
    assert "setting 'plugin.own.depth'" in message
    assert SECRET not in message
    assert unknown_keys(_Own, {"depht": 1, "zzz": 2, "depth": 3}) == ["'depht', did you mean 'depth'?", "'zzz'"]
