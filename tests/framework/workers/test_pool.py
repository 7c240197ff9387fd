from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from fetchgram.errors import ContentUnavailable, TooLarge, WorkerCrashed, WorkerFailed, WorkerTimeout
from fetchgram.model.codec import Json
from fetchgram.workers.frames import FrameTooLarge
from fetchgram.workers.limits import MIB, WorkerLimits
from fetchgram.workers.pool import WorkerPool

if TYPE_CHECKING:
    from tests.framework.workers.conftest import MakePool, Messages, Pool, Until


@pytest.mark.parametrize("start_method", ["fork", "spawn"])
async def test_a_job_gets_its_payload_and_its_answer_comes_back(make_pool: MakePool, start_method: str) -> None:
    pool = await make_pool(start_method=start_method)
    payload = {"text": "ж\0\n", "numbers": [1, 2.5, None, True]}
    assert await pool.run("pool_targets:echo", payload) == payload


async def test_messages_arrive_in_order_before_the_answer(pool: Pool, messages: Messages) -> None:
    assert await pool.run("pool_targets:count", 500, on_message=messages) == "counted"
    assert messages == [{"number": number} for number in range(500)]


async def test_children_are_warm_and_the_warm_up_is_measured(make_pool: MakePool) -> None:
    pool = await make_pool(size=3, preload=("pool_targets", "slow_import"))
    assert 0.3 <= pool.stats.warm_up_s < 3
    where = await pool.run("pool_targets:where", None)
    assert "slow_import" in where["modules"]
    assert pool.stats.started_total == 3
    assert len(pool.stats.pids) == 3
    assert pool.stats.rss_bytes > MIB


async def test_a_spawned_child_measures_its_own_warm_up(make_pool: MakePool) -> None:
    pool = await make_pool(start_method="spawn", preload=("slow_import",))
    assert pool.stats.warm_up_s >= 0.3


@pytest.mark.parametrize("start_method", ["fork", "spawn"])
async def test_an_import_error_in_a_preloaded_module_is_told_at_the_start(
    start_method: Literal["fork", "spawn"],
) -> None:
    pool = WorkerPool("test", preload=("broken_import",), start_method=start_method)
    with pytest.raises(WorkerCrashed, match="this module is broken"):
        await pool.start()


@pytest.mark.parametrize(
    "target", ["no_such_module:f", "pool_targets:no_such_function", "pool_targets", "pool_targets:KEPT"]
)
async def test_an_unknown_target_fails_and_the_child_stays(pool: Pool, target: str) -> None:
    with pytest.raises(WorkerFailed, match=r"no_such|no function"):
        await pool.run(target, None)
    assert await pool.run("pool_targets:echo", 1) == 1
    assert pool.stats.started_total == 1


async def test_a_foreign_error_travels_with_its_traceback(pool: Pool) -> None:
    with pytest.raises(WorkerFailed, match="ValueError: about cats") as caught:
        await pool.run("pool_targets:fail", "cats")
    assert "in fail" in caught.value.traceback
    assert "in fail" in caught.value.__notes__[0]


async def test_an_error_of_our_tree_travels_as_itself(pool: Pool) -> None:
    with pytest.raises(ContentUnavailable, match="members only") as caught:
        await pool.run("pool_targets:gone", None)
    assert caught.value.reason == "private"


async def test_sys_exit_in_a_job_is_an_error_of_the_job(pool: Pool) -> None:
    with pytest.raises(WorkerFailed, match="SystemExit: 3"):
        await pool.run("pool_targets:leave", 3)
    assert await pool.run("pool_targets:echo", 1) == 1


async def test_a_child_that_exits_is_a_crash_with_its_code_and_last_words(pool: Pool) -> None:
    with pytest.raises(WorkerCrashed, match=r"ended with exit code 7: last words"):
        await pool.run("pool_targets:die", 7)
    assert await pool.run("pool_targets:echo", 1) == 1


@pytest.mark.parametrize("start_method", ["fork", "spawn"])
async def test_a_child_that_a_signal_kills_is_a_crash_with_its_name(make_pool: MakePool, start_method: str) -> None:
    pool = await make_pool(start_method=start_method)
    with pytest.raises(WorkerCrashed, match="killed by SIGSEGV"):
        await pool.run("pool_targets:die_by_signal", int(signal.SIGSEGV))
    assert await pool.run("pool_targets:echo", 1) == 1


@pytest.mark.parametrize("start_method", ["fork", "spawn"])
async def test_cancelling_kills_the_child_within_a_second_and_starts_another(
    until: Until, make_pool: MakePool, messages: Messages, alive: Callable[[int], bool], start_method: str
) -> None:
    pool = await make_pool(start_method=start_method)
    task = asyncio.ensure_future(pool.run("pool_targets:deaf_nap", 30, on_message=messages))
    await messages.first.wait()
    started_s = time.perf_counter()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.perf_counter() - started_s < 1
    assert not alive(messages[0]["pid"])
    await until(lambda: pool.stats.idle == 1)
    assert await pool.run("pool_targets:echo", 1) == 1
    assert pool.stats.started_total == 2


@pytest.mark.parametrize("start_method", ["fork", "spawn"])
async def test_cancelling_kills_what_the_child_started(
    until: Until, make_pool: MakePool, messages: Messages, alive: Callable[[int], bool], start_method: str
) -> None:
    pool = await make_pool(start_method=start_method, may_spawn=True)
    payload = {"script": "import time; time.sleep(30)", "new_session": False}
    task = asyncio.ensure_future(pool.run("pool_targets:with_grandchild", payload, on_message=messages))
    await messages.first.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not alive(messages[0]["grandchild"]), 1)


async def test_a_grandchild_that_left_the_group_is_killed_too(
    until: Until, make_pool: MakePool, messages: Messages, alive: Callable[[int], bool]
) -> None:
    pool = await make_pool(may_spawn=True)
    payload = {"script": "import time; time.sleep(30)", "new_session": True}
    task = asyncio.ensure_future(pool.run("pool_targets:with_grandchild", payload, on_message=messages))
    await messages.first.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not alive(messages[0]["grandchild"]), 1)


async def test_a_child_that_leaves_a_program_running_is_replaced(
    until: Until, make_pool: MakePool, messages: Messages, alive: Callable[[int], bool]
) -> None:
    pool = await make_pool(may_spawn=True)
    payload = {"script": "import time; time.sleep(30)", "new_session": False, "wait": False}
    pid = await pool.run("pool_targets:with_grandchild", payload, on_message=messages)
    assert (await pool.run("pool_targets:where", None))["pid"] != pid
    await until(lambda: not alive(messages[0]["grandchild"]), 1)


async def test_a_child_that_leaves_a_thread_running_is_replaced(pool: Pool) -> None:
    pid = await pool.run("pool_targets:leave_a_thread", None)
    assert (await pool.run("pool_targets:where", None))["pid"] != pid


async def test_a_job_over_its_time_is_killed(pool: Pool, messages: Messages, alive: Callable[[int], bool]) -> None:
    started_s = time.perf_counter()
    with pytest.raises(WorkerTimeout):
        await pool.run("pool_targets:nap", 30, timeout_s=0.2, on_message=messages)
    assert time.perf_counter() - started_s < 1.2
    assert not alive(messages[0]["pid"])
    assert await pool.run("pool_targets:echo", 1) == 1


async def test_waiting_for_a_child_does_not_count_against_the_time(pool: Pool) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(pool.run("pool_targets:nap", 0.2, timeout_s=0.5))


async def test_who_waits_longest_is_served_first(pool: Pool) -> None:
    order: list[int] = []

    async def job(number: int) -> None:
        await pool.run("pool_targets:echo", number)
        order.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(job(number))
    assert order == list(range(20))


async def test_a_child_is_replaced_after_its_number_of_jobs(make_pool: MakePool) -> None:
    pool = await make_pool(limits=WorkerLimits(jobs_per_child=2))
    pids = [(await pool.run("pool_targets:where", None))["pid"] for _ in range(5)]
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4]


async def test_a_child_that_stays_large_is_replaced(make_pool: MakePool) -> None:
    pool = await make_pool(limits=WorkerLimits(recycle_rss_bytes=100 * MIB))
    pid = await pool.run("pool_targets:swell", 120 * MIB)
    assert (await pool.run("pool_targets:where", None))["pid"] != pid


async def test_a_memory_hog_is_killed(make_pool: MakePool, messages: Messages, alive: Callable[[int], bool]) -> None:
    pool = await make_pool(limits=WorkerLimits(rss_bytes=120 * MIB))
    with pytest.raises(WorkerCrashed, match="memory"):
        await pool.run("pool_targets:hog", None, on_message=messages)
    assert not alive(messages[0]["pid"])
    assert await pool.run("pool_targets:echo", 1) == 1


async def test_one_huge_allocation_fails_inside_the_child(make_pool: MakePool) -> None:
    pool = await make_pool(limits=WorkerLimits(data_bytes=200 * MIB))
    with pytest.raises(WorkerFailed, match="MemoryError"):
        await pool.run("pool_targets:hog_at_once", 400 * MIB)


async def test_messages_are_bounded_in_both_directions(make_pool: MakePool) -> None:
    pool = await make_pool(limits=WorkerLimits(message_bytes=4096))
    with pytest.raises(FrameTooLarge):
        await pool.run("pool_targets:echo", "x" * 5000)
    with pytest.raises(WorkerFailed, match="FrameTooLarge"):
        await pool.run("pool_targets:big_answer", 5000)
    with pytest.raises(WorkerFailed, match="FrameTooLarge"):
        await pool.run("pool_targets:big_report", 5000)
    assert await pool.run("pool_targets:echo", 1) == 1
    assert pool.stats.started_total == 1


async def test_an_answer_that_is_not_json_is_an_error_of_the_job(pool: Pool) -> None:
    with pytest.raises(WorkerFailed, match="TypeError"):
        await pool.run("pool_targets:not_json", None)


async def test_an_error_of_the_listener_ends_the_job_and_reaches_the_caller(pool: Pool) -> None:
    def listener(_message: Json) -> None:
        raise KeyError("listener")

    with pytest.raises(KeyError, match="listener"):
        await pool.run("pool_targets:nap", 30, on_message=listener)
    assert await pool.run("pool_targets:echo", 1) == 1


@pytest.mark.parametrize("start_method", ["fork", "spawn"])
async def test_a_child_is_detached_bounded_and_has_a_clean_environment(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch, start_method: str
) -> None:
    monkeypatch.setenv("FETCHGRAM_BOTS__MAIN__TOKEN", "123:secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    pool = await make_pool(start_method=start_method, env={"SITE": "x"}, limits=WorkerLimits(open_files=64, nice=7))
    where = await pool.run("pool_targets:where", None)
    expected = {"PATH", "HOME", "TMPDIR", "LANG", "TZ", "SITE"}
    assert set(where["env"]) - {"LC_CTYPE"} == expected
    assert "secret" not in where["initial_env"]
    assert where["pid"] == where["pgid"] == where["sid"]
    assert where["stdin"] == "/dev/null"
    assert where["core"] == [0, 0]
    assert where["files"] == [64, 64]
    assert where["nice"] == os.nice(0) + 7
    assert where["cwd"] == where["env"]["HOME"] != os.environ.get("HOME")


async def test_no_descriptor_of_the_bot_or_of_a_sibling_is_inherited(make_pool: MakePool, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as file:
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003  # the standard library takes it by position only
        pool = await make_pool(size=3)
        where = await pool.run("pool_targets:where", None)
    # The null device, the pipe of the output twice and the socket; listing them opens one more.
    assert [kind for kind in where["descriptors"] if not kind.startswith("/proc")] == [
        "/dev/null",
        "pipe",
        "pipe",
        "socket",
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_stop_that_is_meant_for_the_bot_does_not_end_a_child(
    pool: Pool, messages: Messages, number: signal.Signals
) -> None:
    task = asyncio.ensure_future(pool.run("pool_targets:nap", 0.3, on_message=messages))
    await messages.first.wait()
    os.killpg(messages[0]["pid"], number)
    assert await task == "slept"


async def test_a_flood_of_output_is_dropped_and_holds_neither_job_nor_loop(
    make_pool: MakePool, capsys: pytest.CaptureFixture[str]
) -> None:
    pool = await make_pool()
    async with asyncio.timeout(8):
        assert await pool.run("pool_targets:chatter", 2000) == "done"
    shown = capsys.readouterr().out
    assert "worker.output" in shown
    assert len(shown) < 60_000


async def test_what_looks_like_a_token_is_not_logged(make_pool: MakePool, capsys: pytest.CaptureFixture[str]) -> None:
    pool = await make_pool()
    await pool.run("pool_targets:chatter", 1)
    await asyncio.sleep(0.1)
    shown = capsys.readouterr().out
    assert "<token>" in shown
    assert "A" * 35 not in shown


async def test_a_job_works_inside_its_folder(pool: Pool, tmp_path: Path) -> None:
    path = await pool.run("pool_targets:write", {"name": "file", "blocks": 1}, workdir=tmp_path)
    assert path == str(tmp_path / "file")
    assert (await pool.run("pool_targets:where", None))["cwd"] != str(tmp_path)


async def test_a_missing_folder_is_an_error_of_the_job(pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(WorkerFailed, match="FileNotFoundError"):
        await pool.run("pool_targets:echo", 1, workdir=tmp_path / "none")
    assert await pool.run("pool_targets:echo", 1) == 1


async def test_a_second_attempt_in_the_same_folder_waits_for_the_first(
    make_pool: MakePool, tmp_path: Path, messages: Messages
) -> None:
    pool = await make_pool(size=2)
    first = asyncio.ensure_future(pool.run("pool_targets:span", 0.4, workdir=tmp_path, on_message=messages))
    await messages.first.wait()
    assert await pool.run("pool_targets:is_locked", str(tmp_path / ".lock")) is True
    second = asyncio.ensure_future(pool.run("pool_targets:span", 0, workdir=tmp_path))
    # Times of the jobs, not the order of their answers: the lock is free before an answer is on its way.
    (_, first_end_s), (second_start_s, _) = await asyncio.gather(first, second)
    assert second_start_s >= first_end_s
    assert await pool.run("pool_targets:is_locked", str(tmp_path / ".lock")) is False


async def test_a_folder_that_grows_over_its_limit_ends_the_job(
    pool: Pool, tmp_path: Path, messages: Messages, alive: Callable[[int], bool]
) -> None:
    payload = {"name": "bomb", "blocks": 100_000}
    with pytest.raises(TooLarge) as caught:
        await pool.run("pool_targets:write", payload, workdir=tmp_path, max_bytes=10_000_000, on_message=messages)
    assert caught.value.limit_bytes == 10_000_000
    assert not alive(messages[0]["pid"])
    assert (tmp_path / "bomb").stat().st_size <= 10_000_000 + 4 * MIB


async def test_a_job_that_is_over_before_the_watchdog_looks_is_measured_too(pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        await pool.run("pool_targets:write", {"name": "b", "blocks": 2}, workdir=tmp_path, max_bytes=70_000)


@pytest.mark.parametrize("way", ["subprocess", "system", "posix_spawn", "fork", "exec"])
async def test_a_pool_may_not_start_programs_unless_it_says_so(pool: Pool, way: str) -> None:
    assert "refused" in await pool.run("pool_targets:spawn_by", way)


async def test_a_pool_that_may_start_programs_can(make_pool: MakePool) -> None:
    pool = await make_pool(may_spawn=True)
    assert await pool.run("pool_targets:spawn_by", "subprocess") == "passed"


async def test_a_killed_nursery_ends_its_children_and_the_pool_goes_on(
    make_pool: MakePool, messages: Messages, alive: Callable[[int], bool]
) -> None:
    pool = await make_pool()
    where = await pool.run("pool_targets:where", None)
    task = asyncio.ensure_future(pool.run("pool_targets:nap", 30, on_message=messages))
    await messages.first.wait()
    os.kill(where["ppid"], signal.SIGKILL)
    with pytest.raises(WorkerCrashed):
        await task
    assert not alive(messages[0]["pid"])
    assert await pool.run("pool_targets:echo", 1) == 1


async def test_an_idle_child_that_dies_is_replaced_for_the_next_job(until: Until, make_pool: MakePool) -> None:
    pool = await make_pool()
    pid = pool.stats.pids[0]
    os.kill(pid, signal.SIGKILL)
    await until(lambda: pid not in pool.stats.pids)
    assert await pool.run("pool_targets:echo", 1) == 1


@pytest.mark.parametrize("start_method", ["fork", "spawn"])
async def test_closing_ends_running_and_waiting_jobs_and_leaves_no_folder(
    make_pool: MakePool, messages: Messages, start_method: str
) -> None:
    pool = await make_pool(start_method=start_method)
    home = Path((await pool.run("pool_targets:where", None))["env"]["HOME"])
    running = asyncio.ensure_future(pool.run("pool_targets:nap", 30, on_message=messages))
    waiting = asyncio.ensure_future(pool.run("pool_targets:nap", 30))
    await messages.first.wait()
    assert (pool.stats.busy, pool.stats.waiting) == (1, 1)
    async with asyncio.timeout(2):
        await pool.close()
        results = await asyncio.gather(running, waiting, return_exceptions=True)
    assert [type(result) for result in results] == [WorkerCrashed, WorkerCrashed]
    assert not await asyncio.to_thread(home.exists)
    with pytest.raises(WorkerCrashed, match="does not run"):
        await pool.run("pool_targets:echo", 1)
