"""The core's own checks: what would stop `fetchgram run`, said before it does."""

from __future__ import annotations

import asyncio
import email.utils
import json
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog

from fetchgram.errors import FetchgramError, FfmpegError
from fetchgram.plugins.status import PluginState, PluginStatus
from fetchgram.screens import Checked, Health, HealthCheck, HealthReport
from fetchgram.settings import BotSettings, Settings
from fetchgram.storage import open_storage
from fetchgram.workers.ffmpeg import find_ffmpeg
from fetchgram.workers.guard import WayOut, isolation_level

log = structlog.get_logger()

_TIMEOUT_S = 15.0
_CLOCK_SKEW_S = 30.0
"""MTProto refuses clients whose clock is off by more: core.telegram.org/mtproto/description, message identifiers."""


def core_checks(
    settings: Settings, statuses: Sequence[PluginStatus], warnings: Sequence[str] = ()
) -> tuple[HealthCheck, ...]:
    """Name the checks of the core: folders, database, disk, ffmpeg, plugins, way out, clock, tokens."""
    checks: list[tuple[str, Callable[[], Awaitable[HealthReport]]]] = [
        ("data folder", lambda: _data_dir(settings)),
        ("database", lambda: _database(settings)),
        ("disk", lambda: _disk(settings)),
        ("ffmpeg", lambda: _ffmpeg(settings)),
        ("plugins", lambda: _plugins(statuses, warnings)),
        ("way out", lambda: _way_out(settings)),
        ("clock", lambda: _clock(settings)),
    ]
    if not settings.bots:
        checks.append(("bots", _no_bots))
    for name, bot in settings.bots.items():
        checks.append((f"bot {name}", lambda name=name, bot=bot: _bot(name, bot)))  # type: ignore[misc]  # mypy cannot infer lambdas with defaults
    return tuple(HealthCheck(name=name, check=check) for name, check in checks)


def lasting_checks(settings: Settings, statuses: Callable[[], Sequence[PluginStatus]]) -> tuple[HealthCheck, ...]:
    """Name those of them that are worth a look while the bot runs, again and again."""
    return (
        HealthCheck(name="disk", check=lambda: _disk(settings), every_s=60.0),
        HealthCheck(name="ffmpeg", check=lambda: _ffmpeg(settings), every_s=3600.0),
        HealthCheck(name="plugins", check=lambda: _plugins(statuses(), ()), every_s=15.0),
    )


async def run_checks(checks: Sequence[HealthCheck]) -> list[Checked]:
    """Run checks side by side; one that raises or hangs is failing, the others go on."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_run_check(check)) for check in checks]
    return [task.result() for task in tasks]


async def _run_check(check: HealthCheck) -> Checked:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            report = await check.check()
    except TimeoutError:
        report = _failing(f"no answer in {_TIMEOUT_S:.0f} s")
    except Exception as error:  # a check that raises has found something
        log.warning("check.raised", check=check.name, exc_info=error)
        report = _failing(f"{type(error).__name__}: {error}")
    return Checked(name=check.name, report=report)


async def _data_dir(settings: Settings) -> HealthReport:
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _failing(f"{str(folder)!r} cannot be made: {error.strerror}; set data_dir to a folder you may write to")
    if not os.access(folder, os.W_OK):
        return _failing(f"{str(folder)!r} is read-only; set data_dir to a folder you may write to")
    return _ok(str(folder))


async def _database(settings: Settings) -> HealthReport:
    began = time.monotonic()
    try:
        storage = await open_storage(settings.database.url, settings.data_dir, migrate=False)
        try:
            found = await storage.schema()
        finally:
            await storage.close()
    except FetchgramError as error:
        return _failing(str(error))
    took_ms = (time.monotonic() - began) * 1000
    detail = f"{storage.database.name}: schema {found or 'not made yet'}, opened in {took_ms:.0f} ms"
    if skew_s := storage.database.skew.total_seconds():
        return HealthReport(health=Health.WARNING, detail=f"{detail}; its clock and ours differ by {skew_s:+.0f} s")
    return _ok(detail)


async def _disk(settings: Settings) -> HealthReport:
    folder = settings.data_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    floor = int(settings.work.disk_floor)
    detail = f"{free / 1e9:.1f} GB free, downloads stop below {floor / 1e9:.1f} GB"
    if free < floor:
        return _failing(detail)
    return HealthReport(health=Health.WARNING if free < 4 * floor else Health.OK, detail=detail)


async def _ffmpeg(settings: Settings) -> HealthReport:
    advice = "install it or set ffmpeg.path; without it video and audio that come apart cannot be joined"
    try:
        path = find_ffmpeg(settings.ffmpeg.path)
        process = await asyncio.create_subprocess_exec(
            *(path, "-hide_banner", "-version"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except FfmpegError as error:
        return _failing(f"{error.stderr_tail}: {advice}")
    except OSError as error:
        return _failing(f"{str(path)!r} cannot be run ({error.strerror}): {advice}")
    first = (await process.communicate())[0].decode(errors="replace").partition("\n")[0]
    if process.returncode != 0 or not first.startswith("ffmpeg version"):
        return _failing(f"{str(path)!r} is no ffmpeg that runs: {advice}")
    where = "of the imageio-ffmpeg wheel" if "imageio_ffmpeg" in path.parts else str(path)
    return _ok(f"{first.partition(' Copyright')[0]} ({where})")


async def _plugins(statuses: Sequence[PluginStatus], warnings: Sequence[str]) -> HealthReport:
    failed = [f"{status.name}: {status.error}" for status in statuses if status.state is PluginState.FAILED]
    if failed:
        return _failing(f"{'; '.join(failed)}; mend it or name it in plugins.disabled, the others work")
    paused = [f"{status.name} rests: {status.error}" for status in statuses if status.state is PluginState.PAUSED]
    active = [status.name for status in statuses if status.state is PluginState.ACTIVE]
    if not any("download" in status.hooks for status in statuses if status.state is PluginState.ACTIVE):
        return _failing(f"none of those that are active ({', '.join(active) or 'none'}) can download anything")
    if warnings or paused:
        return HealthReport(health=Health.WARNING, detail="; ".join([*paused, ", ".join(active), *warnings]))
    return _ok(", ".join(active))


async def _way_out(settings: Settings) -> HealthReport:
    async with WayOut(settings.network) as way_out:
        return _ok(f"filter at {way_out.url}, children held by {isolation_level()}")


async def _no_bots() -> HealthReport:
    return _failing(
        "no bot is set: put `[bots.main] token = …` (from @BotFather) into fetchgram.toml or set "
        "FETCHGRAM_BOTS__MAIN__TOKEN; `fetchgram get` and `fetchgram demo` work without one"
    )


async def _bot(name: str, bot: BotSettings) -> HealthReport:
    try:
        status, _, body = await _call(f"{bot.api_url.rstrip('/')}/bot{bot.token.get_secret_value()}/getMe")
        answer = json.loads(body)
        known = answer["ok"] and f"@{answer['result']['username']}"
    except OSError as error:
        return _failing(f"{bot.api_url} cannot be reached ({type(error).__name__}); it is bots.{name}.api_url")
    except (ValueError, LookupError, TypeError):
        return _failing(f"{bot.api_url} does not answer as a Bot API server does; it is bots.{name}.api_url")
    if known:
        return _ok(f"{known} at {bot.api_url}")
    reason = answer.get("description", status)
    return _failing(f"{bot.api_url} refuses the token ({reason}): copy bots.{name}.token from @BotFather again")


async def _clock(settings: Settings) -> HealthReport:
    """Compare with the Date header of a Bot API server."""
    if not settings.bots:
        return _ok("not compared: no bot is set")
    server = next(iter(settings.bots.values())).api_url
    try:
        _, date, _ = await _call(server)
        skew_s = time.time() - email.utils.parsedate_to_datetime(date).timestamp()
    except (OSError, ValueError):
        return HealthReport(health=Health.WARNING, detail=f"not compared: {server} does not say what time it is")
    if abs(skew_s) > _CLOCK_SKEW_S:
        where = "fast" if skew_s > 0 else "slow"
        return _failing(f"{abs(skew_s):.0f} s {where}: let it keep time by NTP, or large files will not go out")
    return _ok(f"within {max(1.0, abs(skew_s)):.0f} s of {server}")


async def _call(url: str) -> tuple[int, str, str]:
    """Return status, Date header and body.

    Raises:
        OSError: If there is no answer.
    """
    import aiohttp  # noqa: PLC0415  # heavy, and only checks need it

    try:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status, answer.headers.get("Date", ""), await answer.text(errors="replace")
    except aiohttp.ClientError as error:
        # Its own text would show the URL, and with it the token.
        raise ConnectionError(type(error).__name__) from None


def _ok(detail: str) -> HealthReport:
    return HealthReport(health=Health.OK, detail=detail)


def _failing(detail: str) -> HealthReport:
    return HealthReport(health=Health.FAILING, detail=detail)
