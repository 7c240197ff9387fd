from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Cli

pytestmark = pytest.mark.timeout(120)

HEAVY = ("aiogram", "aiohttp", "sqlalchemy", "yt_dlp", "av", "rich", "pyrogram", "matplotlib")


async def test_help_names_the_commands_and_those_of_plugins_and_imports_nothing_heavy(cli: Cli) -> None:
    code = (
        "import sys, contextlib\n"
        "from fetchgram.cli import main\n"
        "sys.argv = ['fetchgram', '--help']\n"
        "with contextlib.suppress(SystemExit): main()\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    process = await cli.start_python("-c", code)
    out, err = await process.communicate()
    assert err == b""
    *text, loaded = out.decode().splitlines()
    assert loaded == "[]"
    shown = [line.split()[0] for line in text if line.startswith("  ") and not line.strip().startswith("-")]
    assert {
        "run",
        "bot",
        "worker",
        "get",
        "detect",
        "plugins",
        "hooks",
        "settings",
        "check",
        "migrate",
        "demo",
        "sandbox",
    } <= set(shown)


@pytest.mark.parametrize("part", ["bot", "worker"])
async def test_a_half_of_the_bot_needs_a_database_that_can_be_shared(cli: Cli, part: str) -> None:
    cli.config('[bots.main]\ntoken = "123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"\n')
    answer = await cli.run(part)
    assert answer.code == 2
    assert f"`fetchgram {part}` needs PostgreSQL" in answer.err
    assert "start `fetchgram run`" in answer.err


async def test_a_malformed_file_is_told_by_every_command_and_help_still_works(cli: Cli) -> None:
    cli.config("data_dir = \n[network")
    answer = await cli.run("plugins", "--json")
    assert answer.code == 2
    assert answer.error["code"] == "config"
    assert "'fetchgram.toml' is not valid TOML" in answer.error["message"]
    assert "line 1" in answer.error["message"]
    assert (await cli.run("--help")).code == 0


@pytest.mark.parametrize(
    ("toml", "env", "said"),
    [
        (
            "[network]\nalow = ['x']\n",
            {},
            "unknown setting in 'fetchgram.toml': 'alow' in [network], did you mean 'allow'?",
        ),
        (
            "",
            {"FETCHGRAM_NETWORK__ALOW": "x"},
            "unknown setting in the environment: FETCHGRAM_NETWORK__ALOW, did you mean FETCHGRAM_NETWORK__ALLOW?",
        ),
        (
            "[work]\njobs = 'many'\n",
            {},
            (
                "setting 'work.jobs' (fetchgram.toml or FETCHGRAM_WORK__JOBS): "
                "Input should be a valid integer, unable to parse string as an integer"
            ),
        ),
    ],
)
async def test_a_wrong_setting_is_one_sentence(cli: Cli, toml: str, env: dict[str, str], said: str) -> None:
    cli.config(toml)
    answer = await cli.run("settings", env=env)
    assert (answer.code, answer.out, answer.err) == (2, "", f"{said}\n")


async def test_a_missing_file_is_told(cli: Cli) -> None:
    answer = await cli.run("--config", "nowhere.toml", "plugins")
    assert answer.code == 2
    assert answer.err == "the configuration 'nowhere.toml' cannot be read: No such file or directory\n"


@pytest.mark.parametrize("words", [("get",), ("get", "x", "--choise", "best"), ("no-such-command",)])
async def test_wrong_use_is_json_where_json_was_asked_for(cli: Cli, words: tuple[str, ...]) -> None:
    as_json = await cli.run(*words, "--json")
    assert as_json.code == 2
    assert as_json.error["code"] == "usage"
    assert as_json.error["number"] is None
    as_text = await cli.run(*words)
    assert (as_text.code, as_text.out) == (2, "")
    assert as_json.error["message"] in as_text.err


async def test_run_without_a_bot_says_what_is_missing_where_it_goes_and_what_works_without(cli: Cli) -> None:
    answer = await cli.run("run")
    assert answer.code == 2
    for part in ("no bot is set", "[bots.main]", "FETCHGRAM_BOTS__MAIN__TOKEN", "fetchgram get", "fetchgram demo"):
        assert part in answer.err
    assert "Traceback" not in answer.err


async def test_the_plugins_of_another_file_add_their_commands(cli: Cli, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("[plugins]\ndisabled = ['sandbox']\n", encoding="utf-8")
    answer = await cli.run(f"--config={other}", "--help")
    assert answer.code == 0
    assert "emulators" not in answer.out
    listed = await cli.run("-c", str(other), "plugins", "--json")
    states = {row["name"]: row["state"] for row in json.loads(listed.out)}
    assert states["sandbox"] == "disabled"
