from __future__ import annotations

import fcntl
import os
import sqlite3
import sys
from pathlib import Path

import pytest

from fetchgram_sandbox.botapi import BotApi

from .conftest import Answer, Cli

pytestmark = pytest.mark.timeout(120)

SECRET = "hunter2hunter2"
TOKEN = f"123456789:{SECRET * 3}"


def broken_plugin(folder: Path) -> str:
    """Write a distribution whose plugin cannot be imported; returns a path for PYTHONPATH."""
    info = folder / "shelf" / "broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[fetchgram.plugins]\nbroken = broken_plugin:Plugin\n")
    (folder / "shelf" / "broken_plugin.py").write_text("import no_such_library\n")
    return str(folder / "shelf")


async def test_plugins_are_rows_and_a_broken_one_is_a_row_with_its_reason(cli: Cli) -> None:
    cli.env["PYTHONPATH"] = broken_plugin(cli.folder)
    answer = await cli.run("plugins", "--json")
    assert answer.code == 0
    assert answer.err == ""
    rows = {row["name"]: row for row in answer.json}
    assert set(rows["broken"]) == {"name", "version", "state", "hooks", "error", "changed"}
    assert rows["broken"]["state"] == "failed"
    assert "no_such_library" in rows["broken"]["error"]
    assert rows["ytdlp"]["state"] == "active"
    assert "download" in rows["ytdlp"]["hooks"]


async def test_the_plugins_of_the_core_are_rows_too(cli: Cli) -> None:
    rows = {row["name"]: row["hooks"] for row in (await cli.run("plugins", "--json")).json}
    assert {"deliver", "routes", "user_commands"} <= set(rows["telegram"])
    assert {"deliver", "routes"} <= set(rows["folder"])


async def test_columns_stand_below_one_another(cli: Cli) -> None:
    for command, column in (("plugins", "active"), ("hooks", None), ("settings", None)):
        answer = await cli.run(command)
        lines = answer.out.splitlines()
        assert len(lines) >= 2
        assert all(line == line.rstrip() for line in lines)
        if column is not None:
            assert len({line.index(column) for line in lines}) == 1


async def test_hooks_name_who_takes_part(cli: Cli) -> None:
    answer = await cli.run("hooks", "--json")
    assert "ytdlp" in answer.json["download"]
    assert {"folder", "telegram"} <= set(answer.json["routes"])
    assert "sandbox" in answer.json["cli_commands"]
    assert answer.json["on_events"] == ["analytics"]


@pytest.mark.parametrize("words", [(), ("--json",)])
async def test_no_secret_is_shown_among_the_settings(cli: Cli, words: tuple[str, ...]) -> None:
    cli.config(
        f"[bots.main]\ntoken = '{TOKEN}'\n[network]\nupstream_proxy = 'http://ada:{SECRET}@proxy:8080'\n"
        f"[plugin.absent]\npassword = '{SECRET}'\n[plugin.ytdlp]\npage_size = 17\n"
    )
    answer = await cli.run("settings", *words)
    assert answer.code == 0, answer
    assert SECRET not in answer.out + answer.err
    assert "proxy:8080" in answer.out
    if words:
        assert answer.json["bots"]["main"]["token"] == "**********"
        assert answer.json["plugin"]["ytdlp"]["page_size"] == 17
    else:
        rows = {line.split()[0]: line.split()[1] for line in answer.out.splitlines()}
        assert rows["plugin.ytdlp.page_size"] == "17"
        assert rows["bots.main.token"] == "**********"
        assert rows["delivery.botapi_local"] == "no"


async def test_migrate_makes_the_database_and_says_its_schema(cli: Cli) -> None:
    answer = await cli.run("migrate")
    assert answer.code == 0
    assert answer.out.startswith("schema 0")
    assert (cli.folder / "data" / "fetchgram.db").exists()


async def test_a_later_schema_is_refused_by_migrate_and_check(cli: Cli) -> None:
    await cli.run("migrate")
    with sqlite3.connect(cli.folder / "data" / "fetchgram.db") as database:
        (table,) = database.execute("select name from sqlite_master where name like 'alembic_version%'").fetchone()
        database.execute(f"update {table} set version_num = '9999'")
    database.close()
    answer = await cli.run("migrate")
    assert answer.code == 1
    assert "later" in answer.err or "newer" in answer.err
    assert "Traceback" not in answer.err
    assert health(await cli.run("check", "--json"))["database"] == "failing"


async def test_everything_in_order_is_exit_code_0(cli: Cli, bot_api: BotApi) -> None:
    cli.env |= {"FETCHGRAM_BOTS__MAIN__TOKEN": bot_api.token, "FETCHGRAM_BOTS__MAIN__API_URL": bot_api.url}
    answer = await cli.run("check", "--json")
    assert answer.code == 0, answer
    found = health(answer)
    # YouTube's warns where no JavaScript runtime is installed, which is no part of what the tests need.
    assert {name for name, health in found.items() if health != "ok"} <= {"YouTube: JavaScript"}, answer
    assert set(found) >= {
        *("bot main", "clock", "data folder", "database", "disk", "ffmpeg", "plugins", "way out", "yt-dlp")
    }
    as_text = await cli.run("check")
    assert all(line.startswith(("✓ ", "! YouTube: JavaScript")) for line in as_text.out.splitlines())


async def test_all_that_would_fail_is_said_at_once_with_what_to_do(cli: Cli, bot_api: BotApi) -> None:
    (cli.folder / "data").mkdir()
    (cli.folder / "data" / "fetchgram.db").write_bytes(b"no database at all, " * 100)
    cli.env |= {
        "PYTHONPATH": broken_plugin(cli.folder),
        "FETCHGRAM_BOTS__MAIN__TOKEN": TOKEN,
        "FETCHGRAM_BOTS__MAIN__API_URL": bot_api.url,
        "FETCHGRAM_FFMPEG__PATH": sys.executable,
        "FETCHGRAM_WORK__DISK_FLOOR": "1000000000000000",
    }
    answer = await cli.run("check", "--json")
    assert answer.code == 1
    rows = {row["name"]: (row["health"], row["detail"]) for row in answer.json}
    failing = {name for name, (state, _) in rows.items() if state == "failing"}
    assert failing == {"bot main", "database", "disk", "ffmpeg", "plugins"}
    assert "refuses the token (Unauthorized)" in rows["bot main"][1]
    assert "bots.main.token" in rows["bot main"][1]
    assert "is not a database" in rows["database"][1]
    assert "set ffmpeg.path" in rows["ffmpeg"][1]
    assert "no_such_library" in rows["plugins"][1]
    assert SECRET not in answer.out + answer.err
    bot_api.problems.clear()  # an unknown token is the point


async def test_a_server_that_is_not_there_and_a_data_folder_that_cannot_be_made(cli: Cli, closed_port: int) -> None:
    (cli.folder / "file").touch()
    cli.env |= {
        "FETCHGRAM_DATA_DIR": "file/data",
        "FETCHGRAM_BOTS__MAIN__TOKEN": TOKEN,
        "FETCHGRAM_BOTS__MAIN__API_URL": f"http://127.0.0.1:{closed_port}",
        "PATH": str(Path(sys.executable).parent),
    }
    answer = await cli.run("check", "--json")
    assert answer.code == 1
    rows = {row["name"]: (row["health"], row["detail"]) for row in answer.json}
    assert "cannot be reached" in rows["bot main"][1]
    assert rows["clock"][0] == "warning"
    assert "set data_dir" in rows["data folder"][1]
    assert rows["database"][0] == "failing"
    assert rows["ffmpeg"][0] == "ok"  # the packaged one
    assert SECRET not in answer.out + answer.err


async def test_a_data_folder_that_is_read_only_fails_before_run_does(cli: Cli) -> None:
    (cli.folder / "data").mkdir()
    if os.geteuid() == 0:  # root writes through any permission, but not through a mount
        mount = 'mount --bind data data && mount -o remount,ro,bind data && exec "$@"'
        cli.before = ("unshare", "--mount", "sh", "-c", mount, "sh")
    else:
        (cli.folder / "data").chmod(0o500)
    found = health(await cli.run("check", "--json"))
    assert found["data folder"] == "failing"
    assert found["database"] == "failing"
    answer = await cli.run("run", env={"FETCHGRAM_BOTS__MAIN__TOKEN": TOKEN})
    assert answer.code == 2
    assert "set data_dir" in answer.err
    assert "Traceback" not in answer.err


def health(answer: Answer) -> dict[str, str]:
    return {row["name"]: row["health"] for row in answer.json}


async def test_purging_asks_and_drops_the_tables_of_a_plugin_that_is_gone(cli: Cli) -> None:
    assert (await cli.run("migrate")).code == 0
    path = cli.folder / "data" / "fetchgram.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE gone_rows (id INTEGER)")
        connection.execute("INSERT INTO event_cursors VALUES ('gone', 3)")
    assert (await cli.run("plugins", "purge", "gone", given=b"n\n")).code != 0
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM gone_rows").fetchone() == (0,)
    answer = await cli.run("plugins", "purge", "gone", given=b"y\n")
    assert answer.code == 0
    assert "dropped: gone_rows" in answer.out
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'gone_rows'").fetchone() is None
        assert connection.execute("SELECT count(*) FROM event_cursors").fetchone() == (0,)


async def test_tables_that_a_running_bot_works_with_are_not_purged(cli: Cli) -> None:
    assert (await cli.run("migrate")).code == 0
    with (cli.folder / "data" / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = await cli.run("plugins", "purge", "youtube", "--yes")
        assert answer.code != 0
        assert "plugins.disabled" in answer.err
        assert (await cli.run("plugins", "purge", "gone", "--yes")).code == 0


async def test_what_an_admin_changed_is_shown_as_such(cli: Cli) -> None:
    await cli.run("migrate")
    with sqlite3.connect(cli.folder / "data" / "fetchgram.db") as database:
        database.execute(
            "INSERT INTO overrides VALUES ('plugin:ytdlp', ?, 0), ('plugin:youtube', ?, 0)",
            ('{"settings": {"page_size": 7}}', '{"enabled": false}'),
        )
    rows = {row["name"]: row for row in (await cli.run("plugins", "--json")).json}
    assert (rows["youtube"]["state"], rows["youtube"]["changed"]) == ("disabled", True)
    assert (rows["ytdlp"]["state"], rows["ytdlp"]["changed"]) == ("active", True)
    assert "(changed by an admin)" in (await cli.run("plugins")).out
    settings = await cli.run("settings")
    assert any("plugin.ytdlp.page_size" in line and "7 (by an admin)" in line for line in settings.out.splitlines())


async def test_plugins_are_switched_in_a_bot_that_runs_only(cli: Cli) -> None:
    await cli.run("migrate")
    answer = await cli.run("plugins", "disable", "ytdlp")
    assert answer.code != 0
    assert "start it first" in answer.err
