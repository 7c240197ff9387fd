from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from fetchgram.clock import SystemClock
from fetchgram.testing import FakeClock
from fetchgram_instagram.accounts import Accounts, Lease
from fetchgram_instagram.finds import Refusal, Verdict
from fetchgram_instagram.health import VISITOR
from fetchgram_instagram.settings import Settings

COOKIES = {"sessionid": "secret", "ds_user_id": "1", "csrftoken": "token"}
BOTH = ("a", "b")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def accounts(tmp_path: Path, clock: FakeClock) -> Accounts:
    made = Accounts(tmp_path, Settings(requests_per_hour=3, visitor_requests_per_hour=2), clock, chance=lambda: 0.0)
    for name in BOTH:
        made.keep(name, COOKIES)
    return made


async def used(accounts: Accounts, names: tuple[str, ...], verdict: Verdict | None = None, asked: int = 1) -> Lease:
    """Use an account for a visit."""
    async with accounts.lease(names, patience_s=0) as lease:
        assert lease is not None
        lease.asked = asked
        lease.refusal = Refusal(verdict=verdict) if verdict else None
    return lease


async def is_free(accounts: Accounts, *names: str) -> bool:
    async with accounts.lease(names, patience_s=0) as lease:
        return lease is not None


async def test_accounts_take_turns(accounts: Accounts, clock: FakeClock) -> None:
    turns = []
    for _ in range(4):
        turns.append((await used(accounts, BOTH)).name)
        clock.advance(1)
    assert turns == ["a", "b", "a", "b"]


async def test_nobody_uses_a_session_that_is_in_use(accounts: Accounts) -> None:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(accounts.lease(BOTH, patience_s=0))
        second = await stack.enter_async_context(accounts.lease(BOTH, patience_s=0))
        third = await stack.enter_async_context(accounts.lease(BOTH, patience_s=0))
        assert first is not None
        assert second is not None
        assert {first.name, second.name} == {"a", "b"}
        assert third is None
    assert await is_free(accounts, "a")


async def test_another_process_does_not_use_it_either(accounts: Accounts, tmp_path: Path) -> None:
    hold = (
        "import fcntl, os, sys\n"
        f"lock = os.open({str(tmp_path / 'locks' / 'a.lock')!r}, os.O_RDWR | os.O_CREAT, 0o600)\n"
        "fcntl.flock(lock, fcntl.LOCK_EX)\nprint('held', flush=True)\nsys.stdin.read()\n"
    )
    assert await is_free(accounts, "a")
    pipe = asyncio.subprocess.PIPE
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", hold, stdin=pipe, stdout=pipe)
    assert other.stdout is not None
    assert await other.stdout.readline() == b"held\n"
    assert not await is_free(accounts, "a")
    assert (await used(accounts, BOTH)).name == "b"
    other.kill()
    await other.wait()
    assert await is_free(accounts, "a"), "its lock ended with it"


async def test_who_waits_gets_the_session_when_it_is_free(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path, Settings(), SystemClock())
    accounts.keep("a", COOKIES)
    async with accounts.lease(("a",), patience_s=0) as first:
        assert first is not None
        waiting = asyncio.create_task(used_after_waiting(accounts))
        await asyncio.sleep(0)
    assert await waiting == "a"


async def used_after_waiting(accounts: Accounts) -> str | None:
    async with accounts.lease(("a",), patience_s=3600) as lease:
        return lease.name if lease else None


async def test_the_visitor_may_be_many_at_once_but_has_a_rate(accounts: Accounts) -> None:
    async with accounts.lease((VISITOR,), patience_s=0) as one, accounts.lease((VISITOR,), patience_s=0) as two:
        assert one is not None
        assert two is not None
        assert one.session is None
        one.asked, two.asked = 1, 1
    assert not await is_free(accounts, VISITOR)


async def test_who_has_asked_enough_for_an_hour_waits(accounts: Accounts, clock: FakeClock) -> None:
    assert (await used(accounts, ("a",))).budget == 3
    assert (await used(accounts, ("a",), asked=2)).budget == 2
    assert not await is_free(accounts, "a")
    assert accounts.wait_s(("a",)) == 3600
    assert accounts.wait_s(BOTH) == 0
    clock.advance(3601)
    assert await is_free(accounts, "a")


async def test_who_was_told_to_ask_less_rests_and_the_other_one_takes_over(
    accounts: Accounts, clock: FakeClock
) -> None:
    await used(accounts, ("a",), Verdict.RATE)
    assert {(await used(accounts, BOTH)).name for _ in range(2)} == {"b"}
    assert accounts.wait_s(("a",)) == 900
    clock.advance(901)
    assert await is_free(accounts, "a")


async def test_a_session_that_has_ended_is_used_again_after_a_new_login_only(
    accounts: Accounts, clock: FakeClock
) -> None:
    assert (await used(accounts, ("a",), Verdict.CHECKPOINT)).ended == "checkpoint"
    clock.advance(10 * 86_400)
    assert not await is_free(accounts, "a")
    assert accounts.health()["a"].ended == "checkpoint"
    accounts.keep("a", COOKIES)
    assert (await used(accounts, ("a",))).ended == ""


async def test_what_is_known_is_known_after_a_restart(accounts: Accounts, tmp_path: Path, clock: FakeClock) -> None:
    await used(accounts, ("a",), Verdict.LOGGED_OUT)
    assert not await is_free(Accounts(tmp_path, Settings(), clock), "a")


async def test_a_child_is_told_where_a_session_is_never_what_is_in_it(accounts: Accounts, tmp_path: Path) -> None:
    lease = await used(accounts, ("a",))
    assert lease.session == {"name": "a", "path": str(tmp_path / "sessions" / "a.txt")}
    assert "secret" not in repr(lease)
