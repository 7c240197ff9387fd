from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import CursorResult

from fetchgram.api import (
    CannotDeliver,
    Choice,
    ChoiceKind,
    CliCommand,
    Command,
    ContentUnavailable,
    Delivery,
    Event,
    Folder,
    Health,
    HealthCheck,
    HealthReport,
    Job,
    JobState,
    Link,
    LinkKind,
    Media,
    MediaKind,
    Option,
    Page,
    Person,
    PluginError,
    Probe,
    Receipt,
    Recipe,
    Role,
    Route,
    Schedule,
    Step,
    hookimpl,
    text,
)
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.status import PluginState
from fetchgram.settings import PluginsSettings
from fetchgram.testing import FakeClock, FakeLedger, FakeSink, fake_platform

MakeHooks = Callable[..., Hooks]

CHOICE = Choice(kind=ChoiceKind.VIDEO)
PERSON = Person(bot_id=1, id=2)
FOLDER = Folder(path=Path("/tmp/out"))
MEDIA = Media(path=Path("/tmp/a"), kind=MediaKind.VIDEO, mime="video/mp4", size_bytes=1)


def _link(plugin: str) -> Link:
    return Link(plugin=plugin, kind=LinkKind.VIDEO, media_id="1", url=f"https://{plugin}.example/1")


def _job(plugin: str) -> Job:
    return Job(
        id=1,
        fingerprint="f",
        link=_link(plugin),
        recipe=Recipe(choice=CHOICE),
        title="t",
        state=JobState.RUNNING,
        created_at=datetime.now(UTC),
    )


def _plugin(name: str, **members: object) -> type:
    """Build a plugin's class from hook functions."""

    def init(self: object, settings: object, context: object) -> None:
        pass

    return type(name.title(), (), {"name": name, "api_version": 1, "__init__": init, **members})


@hookimpl
async def _raises(self: object) -> None:
    raise KeyError("k")


async def test_probe_entries_and_download_go_to_the_owner_alone(make_hooks: MakeHooks, tmp_path: Path) -> None:
    one, two = fake_platform("one"), fake_platform("two")
    hooks, sink = make_hooks(one, two), FakeSink()
    probe = await hooks.probe(_link("one"))
    page = await hooks.entries(_link("two"), None)
    files = await hooks.download(_job("two"), tmp_path, sink)
    assert (probe.title, page.total, files[0].size_bytes) == ("Fake 1", 3, 6)
    assert (len(one.behaviour.downloads), len(two.behaviour.downloads)) == (0, 1)
    assert sink.reports == [(6, 6)]


async def test_an_owner_that_is_gone_is_a_named_error(make_hooks: MakeHooks) -> None:
    with pytest.raises(PluginError) as caught:
        await make_hooks().probe(_link("gone"))
    assert caught.value.text == text("error-plugin-missing", plugin="gone")


async def test_errors_of_the_tree_pass_unchanged_and_do_not_count(make_hooks: MakeHooks) -> None:
    one = fake_platform("one")
    one.behaviour.probe_error = error = ContentUnavailable("private")
    hooks = make_hooks(one, breaker_failures=1)
    for _ in range(3):
        with pytest.raises(ContentUnavailable) as caught:
            await hooks.probe(_link("one"))
        assert caught.value is error


async def test_any_other_error_becomes_a_plugin_error_and_pauses_in_the_end(make_hooks: MakeHooks) -> None:
    one = fake_platform("one")
    one.behaviour.probe_error = KeyError("k")
    hooks = make_hooks(one, breaker_failures=2)
    for _ in range(2):
        with pytest.raises(PluginError, match="probe: KeyError: 'k'") as caught:
            await hooks.probe(_link("one"))
        assert caught.value.plugin == "one"
        assert caught.value.__cause__ is one.behaviour.probe_error
        assert caught.value.text == text("error-plugin", plugin="one")
    with pytest.raises(PluginError) as refused:
        await hooks.download(_job("one"), Path("/tmp"), FakeSink())
    assert refused.value.text == text("error-plugin-paused", plugin="one")
    (row,) = hooks.statuses()
    assert (row.state, row.error) == (PluginState.PAUSED, "probe: KeyError: 'k'")


async def test_a_plugins_own_plugin_error_gets_its_name(make_hooks: MakeHooks) -> None:
    one = fake_platform("one")
    one.behaviour.probe_error = PluginError("odd answer")
    with pytest.raises(PluginError, match="odd answer") as caught:
        await make_hooks(one).probe(_link("one"))
    assert caught.value.plugin == "one"


async def test_exit_in_a_hook_does_not_end_the_bot(make_hooks: MakeHooks) -> None:
    @hookimpl
    async def probe(self: object) -> Probe:
        sys.exit(3)

    with pytest.raises(PluginError, match="SystemExit"):
        await make_hooks(_plugin("one", probe=probe)).probe(_link("one"))


async def test_an_async_hook_that_hangs_is_cancelled_and_told(make_hooks: MakeHooks) -> None:
    ended = asyncio.Event()

    @hookimpl
    async def probe(self: object) -> Probe:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        raise AssertionError

    hooks = make_hooks(_plugin("one", probe=probe), hook_timeout_s=0.05)
    with pytest.raises(PluginError, match=r"took over 0\.05 s") as caught:
        await hooks.probe(_link("one"))
    assert ended.is_set()
    assert caught.value.text == text("error-plugin-slow", plugin="one")
    assert hooks.statuses()[0].state is PluginState.ACTIVE


async def test_a_time_out_of_the_plugins_own_is_not_mistaken_for_ours(make_hooks: MakeHooks) -> None:
    one = fake_platform("one")
    one.behaviour.probe_error = TimeoutError("theirs")
    with pytest.raises(PluginError, match="TimeoutError: theirs"):
        await make_hooks(one, hook_timeout_s=5).probe(_link("one"))


async def test_downloads_have_no_short_limit(make_hooks: MakeHooks) -> None:
    @hookimpl
    async def download(self: object) -> Sequence[Media]:
        await asyncio.sleep(0.15)
        return [MEDIA]

    hooks = make_hooks(_plugin("one", download=download), hook_timeout_s=0.05)
    assert await hooks.download(_job("one"), Path("/tmp"), FakeSink()) == (MEDIA,)


async def test_cancellation_passes_and_says_nothing_about_the_plugin(make_hooks: MakeHooks) -> None:
    started = asyncio.Event()

    @hookimpl
    async def download(self: object) -> Sequence[Media]:
        started.set()
        await asyncio.sleep(60)
        return []

    hooks = make_hooks(_plugin("one", download=download), breaker_failures=1)
    task = asyncio.ensure_future(hooks.download(_job("one"), Path("/tmp"), FakeSink()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert hooks.statuses()[0].state is PluginState.ACTIVE


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (None, "returned NoneType, a sequence of Media was expected"),
        (MEDIA, "returned Media, a sequence of Media was expected"),
        ("abc", "returned str, a sequence of Media"),
        ([MEDIA, "x"], "returned str, Media in each place was expected"),
        ([], "returned 0 of Media, at least 1"),
    ],
)
async def test_a_wrong_type_is_a_named_error_to_the_last_element(
    make_hooks: MakeHooks, result: object, said: str
) -> None:
    @hookimpl
    async def download(self: object) -> object:
        return result

    with pytest.raises(PluginError, match=said) as caught:
        await make_hooks(_plugin("one", download=download)).download(_job("one"), Path("/tmp"), FakeSink())
    assert caught.value.plugin == "one"


async def test_a_probe_for_another_plugin_is_refused(make_hooks: MakeHooks) -> None:
    @hookimpl
    async def probe(self: object) -> Probe:
        return Probe(link=_link("two"), title="t")

    with pytest.raises(PluginError, match="a probe of a link for 'two'"):
        await make_hooks(_plugin("one", probe=probe)).probe(_link("one"))


async def test_a_step_goes_to_the_plugin_that_its_key_names(make_hooks: MakeHooks, tmp_path: Path) -> None:
    @hookimpl
    async def shrink(self: object, media: Sequence[Media], step: Step) -> Sequence[Media]:
        return [*media, *media]

    def other(self: object) -> Sequence[Media]:
        raise AssertionError("not named")

    hooks = make_hooks(_plugin("compress", post_process=shrink))
    assert await hooks.post_process([MEDIA], Step(key="compress.fit"), tmp_path, FakeSink()) == (MEDIA, MEDIA)
    with pytest.raises(PluginError, match="no post_process"):
        await hooks.post_process([MEDIA], Step(key="burn.subtitles"), tmp_path, FakeSink())


async def test_a_delivery_goes_to_the_owner_of_the_route(make_hooks: MakeHooks) -> None:
    @hookimpl
    async def deliver(self: object, route: Route, media: Sequence[Media]) -> Receipt:
        if route.name == "b":
            raise CannotDeliver("full")
        return Receipt(route=route.name, size_bytes=len(media))

    hooks = make_hooks(_plugin("one", deliver=deliver))
    delivery = Delivery(id=1, job_id=1, request_id=1, destination=FOLDER)
    route = Route(plugin="one", name="a", order=1)
    receipt = await hooks.deliver(delivery, route, [MEDIA], FakeLedger(), FakeSink())
    assert receipt == Receipt(route="a", size_bytes=1)
    with pytest.raises(CannotDeliver):
        await hooks.deliver(delivery, Route(plugin="one", name="b", order=1), [MEDIA], FakeLedger(), FakeSink())


async def test_routes_of_all_plugins_come_in_their_order_and_one_that_raises_is_skipped(make_hooks: MakeHooks) -> None:
    def routing(name: str, *orders: int) -> type:
        @hookimpl
        def routes(self: object) -> Sequence[Route]:
            return [Route(plugin=name, name=f"{name}{order}", order=order) for order in orders]

        return _plugin(name, routes=routes)

    @hookimpl
    def routes(self: object) -> Sequence[Route]:
        raise RuntimeError("no")

    hooks = make_hooks(routing("one", 30, 10), _plugin("bad", routes=routes), routing("two", 20))
    with structlog.testing.capture_logs() as logs:
        found = await hooks.routes(FOLDER)
    assert [route.name for route in found] == ["one10", "two20", "one30"]
    (failed,) = (log for log in logs if log["log_level"] == "error")
    assert (failed["event"], failed["plugin"], failed["hook"]) == ("plugin.hook_failed", "bad", "routes")


async def test_nobody_names_a_route_or_an_option_for_another_plugin(make_hooks: MakeHooks) -> None:
    @hookimpl
    def routes(self: object) -> Sequence[Route]:
        return [Route(plugin="telegram", name="botapi", order=0)]

    @hookimpl
    def offer(self: object) -> Sequence[Option]:
        return [Option(key="compress.fit", label=text("one-x"))]

    hooks = make_hooks(_plugin("one", routes=routes, offer=offer))
    assert await hooks.routes(FOLDER) == ()
    assert await hooks.offer(Probe(link=_link("one"), title=""), CHOICE, [], PERSON) == ()


async def test_options_come_in_their_order(make_hooks: MakeHooks) -> None:
    def offering(name: str, order: int) -> type:
        @hookimpl
        def offer(self: object, person: Person) -> Sequence[Option]:
            return (Option(key=f"{name}.x", label=text(f"{name}-x"), order=order),)

        return _plugin(name, offer=offer)

    hooks = make_hooks(offering("one", 2), offering("two", 1))
    found = await hooks.offer(Probe(link=_link("one"), title=""), CHOICE, [], PERSON)
    assert [option.key for option in found] == ["two.x", "one.x"]


async def test_a_sync_hook_that_hangs_keeps_neither_the_loop_nor_the_others_and_is_paused(
    make_hooks: MakeHooks,
) -> None:
    wake = threading.Event()
    calls = []

    @hookimpl
    def hanging(self: object) -> Sequence[Route]:
        calls.append(1)
        wake.wait(30)
        return []

    @hookimpl
    def working(self: object) -> Sequence[Route]:
        return [Route(plugin="good", name="r", order=0)]

    hooks = make_hooks(_plugin("bad", routes=hanging), _plugin("good", routes=working), hook_timeout_s=0.1)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticker = asyncio.ensure_future(tick())
    first = await hooks.routes(FOLDER)
    ticker.cancel()
    second = await hooks.routes(FOLDER)
    wake.set()
    assert [r.name for r in first] == [r.name for r in second] == ["r"]
    assert len(calls) == 1
    assert ticks >= 3
    assert {row.name: str(row.state) for row in hooks.statuses()} == {"bad": "paused", "good": "active"}


def test_a_hanging_hook_does_not_keep_the_process_from_ending() -> None:
    source = """
import asyncio, time
from fetchgram.plugins import threads
async def main():
    try:
        await threads.run(time.sleep, 60, limit_s=0.05)
    except TimeoutError:
        print("left behind")
asyncio.run(main())
"""
    started_s = time.monotonic()
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=9, check=True)
    assert done.stdout == "left behind\n"
    assert done.stderr == ""
    assert time.monotonic() - started_s < 8


async def test_a_coroutine_from_a_sync_hook_is_a_wrong_type_and_warns_nobody(make_hooks: MakeHooks) -> None:
    async def later() -> Sequence[Route]:
        return []

    @hookimpl
    def routes(self: object) -> object:
        return later()

    with structlog.testing.capture_logs() as logs:
        assert await make_hooks(_plugin("one", routes=routes)).routes(FOLDER) == ()
    assert "returned coroutine" in str(logs[-1])


async def test_commands_checks_and_schedules_come_with_the_name_of_their_plugin(make_hooks: MakeHooks) -> None:
    async def handler(interaction: object) -> object:
        raise AssertionError

    async def check() -> HealthReport:
        return HealthReport(health=Health.OK, detail="")

    async def work() -> None:
        pass

    command = Command(name="x", help=text("one-x"), handler=handler, minimum_role=Role.USER)  # type: ignore[arg-type]  # never called
    members: dict[str, list[object]] = {
        "admin_commands": [command],
        "user_commands": [command],
        "health_checks": [HealthCheck(name="c", check=check)],
        "schedules": [Schedule(name="s", every_s=1, work=work)],
    }
    hooks = make_hooks(_plugin("one", **{name: hookimpl(_returning(value)) for name, value in members.items()}))
    assert await hooks.admin_commands() == (("one", members["admin_commands"][0]),)
    assert await hooks.user_commands() == (("one", members["user_commands"][0]),)
    assert await hooks.health_checks() == (("one", members["health_checks"][0]),)
    assert await hooks.schedules() == (("one", members["schedules"][0]),)


def _returning(value: object) -> Callable[[object], object]:
    def method(self: object) -> object:
        return value

    return method


def test_cli_commands_are_collected_without_a_loop_and_a_bad_plugin_is_left_out(make_hooks: MakeHooks) -> None:
    command = CliCommand(name="x", help="", app=print)
    hooks = make_hooks(
        _plugin("good", cli_commands=hookimpl(_returning([command]))),
        _plugin("wrong", cli_commands=hookimpl(_returning(["x"]))),
        _plugin("hangs", cli_commands=hookimpl(lambda self: time.sleep(3))),
        hook_timeout_s=0.05,
    )
    assert hooks.cli_commands() == (("good", command),)
    assert {row.name: str(row.state) for row in hooks.statuses()}["hangs"] == "paused"


def test_detect_takes_the_first_claim_in_pluggys_order_and_skips_who_raises(make_hooks: MakeHooks) -> None:
    def claiming(name: str, marker: Callable[..., object] = hookimpl) -> type:
        def detect(self: object, url: str) -> Link:
            return _link(name)

        return _plugin(name, detect=marker(detect))

    @hookimpl(tryfirst=True)
    def detect(self: object) -> Link | None:
        raise ValueError("no")

    last = claiming("last", hookimpl(trylast=True))
    hooks = make_hooks(claiming("one"), last, claiming("two"), _plugin("bad", detect=detect))
    claim = hooks.detect("https://x.example/")
    assert claim is not None
    assert claim.plugin == "two"
    assert hooks.active("detect") == ("bad", "two", "one", "last")
    assert make_hooks(last).detect("https://x.example/") == _link("last")
    assert make_hooks().detect("https://x.example/") is None


@pytest.mark.parametrize(
    "claim",
    [
        _link("other"),
        Link(plugin="one", kind=LinkKind.VIDEO, media_id="", url="https://a.b/"),
        Link(plugin="one", kind=LinkKind.VIDEO, media_id="1", url="file:///etc/passwd"),
        Link(plugin="one", kind="movie", media_id="1", url="https://a.b/"),  # type: ignore[arg-type]  # on purpose
        True,
    ],
)
def test_a_claim_that_is_none_is_refused(make_hooks: MakeHooks, claim: object) -> None:
    hooks = make_hooks(_plugin("one", detect=hookimpl(_returning(claim))), breaker_failures=1)
    assert hooks.detect("https://x.example/") is None
    assert hooks.statuses()[0].state is PluginState.PAUSED


async def test_a_plugin_that_fails_to_start_is_a_failed_row_and_takes_no_part(make_hooks: MakeHooks) -> None:
    order: list[str] = []

    def starting(name: str) -> type:
        @hookimpl
        async def startup(self: object) -> None:
            order.append(f"{name} starts")

        @hookimpl
        async def shutdown(self: object) -> None:
            order.append(f"{name} ends")

        return _plugin(name, startup=startup, shutdown=shutdown)

    bad = _plugin("bad", startup=_raises, detect=hookimpl(_returning(_link("bad"))))
    hooks = make_hooks(starting("one"), bad, starting("two"))
    await hooks.startup()
    await hooks.shutdown()
    assert order == ["two starts", "one starts", "one ends", "two ends"]
    rows = {row.name: row for row in hooks.statuses()}
    assert (rows["bad"].state, rows["bad"].error) == (PluginState.FAILED, "startup: KeyError: 'k'")
    assert hooks.detect("https://x.example/") is None


async def test_a_plugin_that_fails_to_end_does_not_stop_the_others(make_hooks: MakeHooks) -> None:
    ended: list[str] = []

    @hookimpl
    async def shutdown(self: object) -> None:
        ended.append("good")

    await make_hooks(_plugin("bad", shutdown=_raises), _plugin("good", shutdown=shutdown)).shutdown()
    assert ended == ["good"]


async def test_each_observer_is_told_alone_and_its_failure_reaches_the_caller(make_hooks: MakeHooks) -> None:
    told: list[object] = []

    @hookimpl
    async def on_events(self: object, batch: Sequence[Event]) -> None:
        told.append(batch)

    hooks = make_hooks(_plugin("good", on_events=on_events), _plugin("bad", on_events=_raises))
    event = Event(name="job.delivered", at=datetime.now(UTC))
    transaction = _Transaction()
    assert hooks.active("on_events") == ("bad", "good")
    await hooks.on_events("good", [event], transaction)
    with pytest.raises(PluginError, match="on_events: KeyError"):
        await hooks.on_events("bad", [event], transaction)
    assert told == [(event,)]


class _Transaction:
    now = datetime(2026, 1, 1, tzinfo=UTC)

    async def execute(self, statement: object, parameters: object = None) -> CursorResult[Any]:
        raise AssertionError


async def test_entries_must_be_a_page(make_hooks: MakeHooks) -> None:
    @hookimpl
    async def entries(self: object, cursor: str | None) -> object:
        return Page(entries=()) if cursor else [1]

    hooks = make_hooks(_plugin("one", entries=entries))
    assert (await hooks.entries(_link("one"), "2")).entries == ()
    with pytest.raises(PluginError, match="returned list, Page was expected"):
        await hooks.entries(_link("one"), None)


async def test_calls_are_timed_and_the_plugin_is_known_to_the_log(make_hooks: MakeHooks, clock: FakeClock) -> None:
    seen: dict[str, object] = {}

    @hookimpl
    async def probe(self: object, link: Link) -> Probe:
        seen.update(structlog.contextvars.get_contextvars())
        clock.advance(1.5)
        return Probe(link=link, title="t")

    with structlog.testing.capture_logs() as logs:
        await make_hooks(_plugin("one", probe=probe)).probe(_link("one"))
    assert seen["plugin"] == "one"
    (asked,) = (log for log in logs if log["event"] == "plugin.asked")
    assert (asked["plugin"], asked["hook"], asked["elapsed_ms"]) == ("one", "probe", 1500)


async def test_a_trial_after_the_pause_brings_the_plugin_back(make_hooks: MakeHooks, clock: FakeClock) -> None:
    one = fake_platform("one")
    one.behaviour.probe_error = KeyError("k")
    changes: list[str] = []
    settings = PluginsSettings(breaker_failures=1, breaker_pause_s=10)
    breaker = Breaker(settings, clock, lambda name, state, error: changes.append(f"{name} {state}"))
    hooks = make_hooks(one, breaker=breaker)
    with pytest.raises(PluginError):
        await hooks.probe(_link("one"))
    one.behaviour.probe_error = None
    clock.advance(10)
    assert (await hooks.probe(_link("one"))).title == "Fake 1"
    assert changes == ["one paused", "one active"]
    assert hooks.statuses()[0].state is PluginState.ACTIVE


def test_the_shape_of_a_plugin_is_stated_by_it_or_drawn_from_its_settings(make_hooks: MakeHooks) -> None:
    stated = _plugin("stated", fingerprint="abc", schema=7)
    hooks = make_hooks(stated, _plugin("plain"))
    assert hooks.shape("stated") == ("abc", 7)
    assert hooks.shape("plain") == hooks.shape("unknown") == ("", 1)
