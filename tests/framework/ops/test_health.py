from __future__ import annotations

import asyncio
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fetchgram.ops import health
from fetchgram.ops.health import core_checks, run_checks
from fetchgram.plugins.status import PluginState, PluginStatus
from fetchgram.screens import Health, HealthCheck, HealthReport
from fetchgram.settings import Settings
from fetchgram.storage import open_storage

TOKEN = "123456789:AAF-abcdefghijklmnopqrstuvwxyz_0123"
DOWNLOADER = PluginStatus(
    name="site", version="1", distribution="site", state=PluginState.ACTIVE, hooks=("detect", "download")
)


async def _found(settings: Settings, *statuses: PluginStatus) -> dict[str, HealthReport]:
    checked = await run_checks(core_checks(settings, statuses or (DOWNLOADER,)))
    return {each.name: each.report for each in checked}


def _settings(folder: Path, **more: object) -> Settings:
    return Settings.model_validate({"data_dir": folder / "data", **more})


@pytest.fixture
async def server() -> AsyncIterator[Callable[[web.Response], Awaitable[str]]]:
    """Give what starts a server that has one answer to everything."""
    started: list[TestServer] = []

    async def start(answer: web.Response) -> str:
        async def handle(_request: web.Request) -> web.Response:
            return web.Response(body=answer.body, status=answer.status, headers=answer.headers)

        app = web.Application()
        app.router.add_get("/{path:.*}", handle)
        started.append(TestServer(app))
        await started[-1].start_server()
        return str(started[-1].make_url("")).rstrip("/")

    yield start
    for each in started:
        await each.close()


async def test_a_check_that_raises_or_hangs_is_failing_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fine() -> HealthReport:
        return HealthReport(health=Health.OK, detail="")

    async def raising() -> HealthReport:
        raise ZeroDivisionError("boom")

    async def hanging() -> HealthReport:
        await asyncio.sleep(3600)
        raise AssertionError

    monkeypatch.setattr(health, "_TIMEOUT_S", 0.05)
    checks = [HealthCheck(name=check.__name__, check=check) for check in (fine, raising, hanging)]
    reports = [checked.report for checked in await run_checks(checks)]
    assert [report.health for report in reports] == [Health.OK, Health.FAILING, Health.FAILING]
    assert reports[1].detail == "ZeroDivisionError: boom"
    assert "no answer" in reports[2].detail


async def test_without_a_bot_it_says_so_and_what_works_without(tmp_path: Path) -> None:
    found = await _found(_settings(tmp_path))
    assert found["bots"].health is Health.FAILING
    assert "FETCHGRAM_BOTS__MAIN__TOKEN" in found["bots"].detail
    assert "fetchgram get" in found["bots"].detail
    assert {name for name, report in found.items() if report.health is not Health.OK} == {"bots"}


async def test_a_disk_that_is_nearly_full_is_a_warning_and_a_full_one_fails(tmp_path: Path) -> None:
    free = (await _found(_settings(tmp_path)))["disk"]
    assert free.health is Health.OK
    half = shutil.disk_usage(tmp_path).free // 2
    nearly = await _found(_settings(tmp_path, work={"disk_floor": half}))
    full = await _found(_settings(tmp_path, work={"disk_floor": half * 4}))
    assert (nearly["disk"].health, full["disk"].health) == (Health.WARNING, Health.FAILING)


async def test_a_data_folder_that_is_not_made_yet_is_measured_where_it_will_be(tmp_path: Path) -> None:
    deep = Settings.model_validate({"data_dir": tmp_path / "a" / "b" / "c"})
    assert (await health._disk(deep)).health is Health.OK


async def test_a_file_that_is_no_database_fails(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    settings.data_dir.mkdir()
    await (await open_storage(None, settings.data_dir)).close()
    assert "schema 0" in (await _found(settings))["database"].detail
    (settings.data_dir / "fetchgram.db").write_bytes(b"x" * 10_000)
    assert "is not a database" in (await _found(settings))["database"].detail


@pytest.mark.parametrize("path", ["absent", sys.executable, __file__])
async def test_what_is_no_ffmpeg_fails_and_says_which_setting(tmp_path: Path, path: str) -> None:
    report = (await _found(_settings(tmp_path, ffmpeg={"path": path})))["ffmpeg"]
    assert report.health is Health.FAILING
    assert "ffmpeg.path" in report.detail
    assert "without it" in report.detail


async def test_plugins_that_fail_and_a_bot_that_can_download_nothing_fail(tmp_path: Path) -> None:
    broken = PluginStatus(
        name="broken", version="1", distribution="d", state=PluginState.FAILED, error="ImportError: x"
    )
    deaf = PluginStatus(name="deaf", version="1", distribution="d", state=PluginState.ACTIVE, hooks=("offer",))
    off = PluginStatus(name="off", version="1", distribution="d", state=PluginState.DISABLED)
    settings = _settings(tmp_path)
    assert (await _found(settings, DOWNLOADER, off))["plugins"] == HealthReport(health=Health.OK, detail="site")
    failed = (await _found(settings, DOWNLOADER, broken))["plugins"]
    assert failed.health is Health.FAILING
    assert failed.detail.startswith("broken: ImportError: x; ")
    assert (await _found(settings, deaf, off))["plugins"].health is Health.FAILING


async def test_the_token_is_asked_about_and_never_shown(
    tmp_path: Path, server: Callable[[web.Response], Awaitable[str]], closed_port: int
) -> None:
    bots = {
        "fine": await server(web.json_response({"ok": True, "result": {"username": "ada_bot"}})),
        "wrong": await server(
            web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        ),
        "page": await server(web.Response(text="<html>a proxy's log-in page")),
        "list": await server(web.json_response([])),
        "absent": f"http://127.0.0.1:{closed_port}",
        "nonsense": "no url",
    }
    settings = _settings(tmp_path, bots={name: {"token": TOKEN, "api_url": url} for name, url in bots.items()})
    found = await _found(settings)
    assert found["bot fine"].detail.startswith("@ada_bot at ")
    assert "refuses the token (Unauthorized): copy bots.wrong.token" in found["bot wrong"].detail
    for name in ("page", "list"):
        assert "does not answer as a Bot API server does" in found[f"bot {name}"].detail
    for name in ("absent", "nonsense"):
        assert "cannot be reached" in found[f"bot {name}"].detail
    failing = {name for name, report in found.items() if report.health is Health.FAILING}
    assert failing == {f"bot {name}" for name in bots} - {"bot fine"}
    assert TOKEN not in repr(found)


@pytest.mark.parametrize(
    ("seconds", "state", "said"),
    [(0, Health.OK, "within"), (-120, Health.FAILING, "s fast"), (120, Health.FAILING, "s slow")],
)
async def test_the_clock_is_compared_with_the_servers(
    tmp_path: Path, server: Callable[[web.Response], Awaitable[str]], seconds: int, state: Health, said: str
) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    url = await server(web.json_response({}, headers={"Date": date}))
    report = await health._clock(_settings(tmp_path, bots={"main": {"token": TOKEN, "api_url": url}}))
    assert report.health is state
    assert said in report.detail


async def test_a_server_without_a_date_is_no_failure_of_the_clock(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
    report = await health._clock(_settings(tmp_path, bots={"main": {"token": TOKEN, "api_url": url}}))
    assert report.health is Health.WARNING


async def test_a_name_in_the_settings_that_fits_no_plugin_is_a_warning(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    statuses = [
        PluginStatus(name="site", version="1", distribution="site", state=PluginState.ACTIVE, hooks=("download",))
    ]
    check = next(c for c in core_checks(settings, statuses, ["no plugin is named 'yutube'"]) if c.name == "plugins")
    report = await check.check()
    assert report.health is Health.WARNING
    assert "yutube" in report.detail
