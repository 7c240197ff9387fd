from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram.api import ContentUnavailable, PluginDatabase, Reason, TemporarilyUnavailable, Transaction
from fetchgram.clock import SystemClock
from fetchgram.storage import PluginTables, SharedStorage
from fetchgram.testing import FakeClock
from fetchgram_instagram.account_table import LEASE_S, AccountTable
from fetchgram_instagram.accounts import Accounts, Lease
from fetchgram_instagram.finds import Refusal, Verdict
from fetchgram_instagram.health import VISITOR
from fetchgram_instagram.plugin import Plugin
from fetchgram_instagram.settings import Settings

COOKIES = {"sessionid": "secret", "ds_user_id": "1", "csrftoken": "token"}
BOTH = ("a", "b")
SOME = Settings(requests_per_hour=3, visitor_requests_per_hour=2)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest_asyncio.fixture
async def database(tmp_path: Path, migrated_url: str | None, clock: FakeClock) -> AsyncIterator[PluginDatabase]:
    shared = SharedStorage(migrated_url, tmp_path, clock=clock)
    tables = PluginTables("instagram", shared.get)
    tables.prepare(Plugin.migrations)
    yield tables
    await shared.close()


@pytest.fixture
def machine(tmp_path: Path, database: PluginDatabase, clock: FakeClock) -> Callable[[str], Accounts]:
    """Give the accounts as one of the machines sees them that share a database."""

    def machine(name: str) -> Accounts:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        return Accounts(folder, database, SOME, clock, chance=lambda: 0.0)

    return machine


@pytest_asyncio.fixture
async def accounts(machine: Callable[[str], Accounts]) -> Accounts:
    return await with_sessions(machine("here"))


async def with_sessions(made: Accounts, *names: str) -> Accounts:
    for name in names or BOTH:
        await made.keep(name, COOKIES)
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


async def eventually(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)


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


async def test_nobody_on_another_machine_uses_it_either(accounts: Accounts, machine: Callable[[str], Accounts]) -> None:
    there = await with_sessions(machine("there"))
    async with accounts.lease(("a",), patience_s=0) as lease:
        assert lease is not None
        assert not await is_free(there, "a")
        assert (await used(there, BOTH)).name == "b"
    assert await is_free(there, "a")


async def test_many_who_want_one_at_once_have_it_one_after_the_other(machine: Callable[[str], Accounts]) -> None:
    machines = [await with_sessions(machine(str(number)), "a") for number in range(4)]
    inside, most = 0, 0

    async def visit(accounts: Accounts) -> bool:
        nonlocal inside, most
        async with accounts.lease(("a",), patience_s=0) as lease:
            if lease is None:
                return False
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
            return True

    served = await asyncio.gather(*(visit(each) for each in machines))
    assert any(served)
    assert most == 1


async def test_what_one_machine_learns_all_know(accounts: Accounts, machine: Callable[[str], Accounts]) -> None:
    there = await with_sessions(machine("there"))
    await used(accounts, ("a",), Verdict.RATE)
    await used(accounts, ("b",), Verdict.CHECKPOINT)
    assert not await is_free(there, *BOTH)
    assert (await there.health())["b"].ended == "checkpoint"
    assert await there.wait_s(BOTH) == 900


async def test_the_lease_of_who_died_ends_by_itself(
    accounts: Accounts, machine: Callable[[str], Accounts], database: PluginDatabase, clock: FakeClock
) -> None:
    there = await with_sessions(machine("there"))
    assert await AccountTable(database).take("a", "somebody who dies", 10) == 10
    clock.advance(LEASE_S - 1)
    assert not await is_free(there, "a")
    clock.advance(2)
    assert await is_free(there, "a")
    assert await is_free(accounts, "a")


async def test_a_lease_is_held_as_long_as_it_is_used(
    accounts: Accounts, machine: Callable[[str], Accounts], clock: FakeClock
) -> None:
    there = await with_sessions(machine("there"))
    async with accounts.lease(("a",), patience_s=0) as lease:
        assert lease is not None
        for _ in range(12):
            await eventually(lambda: clock._sleepers)
            clock.advance(LEASE_S / 4)
            await eventually(lambda: clock._sleepers)
            assert not await is_free(there, "a")
    assert await is_free(there, "a")


async def test_who_has_lost_a_lease_stops(accounts: Accounts, database: PluginDatabase, clock: FakeClock) -> None:
    table, stopped = AccountTable(database), False

    async def look() -> None:
        nonlocal stopped
        async with accounts.lease(("a",), patience_s=0) as lease:
            assert lease is not None
            lease.asked = 1
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                stopped = True
                raise

    looking = asyncio.create_task(look())
    await eventually(lambda: clock._sleepers)
    await table.forget("a")
    assert await table.take("a", "somebody else", 10) is not None
    clock.advance(LEASE_S / 4)
    with pytest.raises(TemporarilyUnavailable):
        await looking
    assert stopped
    assert not await is_free(accounts, "a"), "it is somebody else's, and stays so"
    assert len((await table.read()).of("a").used) == 1, "what was asked counts all the same"


async def test_who_cannot_renew_stops_before_the_lease_ends(accounts: Accounts, clock: FakeClock) -> None:
    @dataclass(frozen=True)
    class Away:
        """A database that cannot be written to for now."""

        database: PluginDatabase
        is_away: list[bool]

        def read(self) -> object:
            return self.database.read()

        @asynccontextmanager
        async def write(self) -> AsyncIterator[Transaction]:
            if self.is_away:
                raise TemporarilyUnavailable("the database is away")
            async with self.database.write() as transaction:
                yield transaction

    away: list[bool] = []
    cut = replace(accounts, database=Away(accounts.database, away))  # type: ignore[arg-type]  # the same methods

    async def look() -> None:
        async with cut.lease(("a",), patience_s=0) as lease:
            assert lease is not None
            await asyncio.Event().wait()

    looking = asyncio.create_task(look())
    await eventually(lambda: clock._sleepers)
    away.append(True)
    began_s = clock.monotonic()
    while not looking.done():
        if clock._sleepers:
            clock.advance(0.5)
        await asyncio.sleep(0.001)
    assert isinstance(looking.exception(), TemporarilyUnavailable)
    assert clock.monotonic() - began_s < LEASE_S
    assert not await is_free(accounts, "a")
    clock.advance(LEASE_S)
    assert await is_free(accounts, "a"), "it ended by itself"


async def test_what_goes_wrong_with_a_lease_comes_out_as_it_is(accounts: Accounts) -> None:
    cause = ValueError("the cause")
    with pytest.raises(ContentUnavailable) as caught:
        async with accounts.lease(("a",), patience_s=0):
            raise ContentUnavailable(Reason.GONE) from cause
    assert caught.value.__cause__ is cause
    assert await is_free(accounts, "a")


async def test_another_process_with_another_database_does_not_use_it_either(accounts: Accounts) -> None:
    lock = str(accounts.folder / "locks" / "a.lock")
    hold = (
        "import fcntl, os, sys\n"
        f"lock = os.open({lock!r}, os.O_RDWR | os.O_CREAT, 0o600)\n"
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


async def test_who_waits_gets_the_session_when_it_is_free(accounts: Accounts) -> None:
    patient = replace(accounts, clock=SystemClock())
    async with accounts.lease(("a",), patience_s=0) as first:
        assert first is not None
        waiting = asyncio.create_task(used_after_waiting(patient))
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
    assert await accounts.wait_s(("a",)) == 3600
    assert await accounts.wait_s(BOTH) == 0
    clock.advance(3601)
    assert await is_free(accounts, "a")


async def test_who_was_told_to_ask_less_rests_and_the_other_one_takes_over(
    accounts: Accounts, clock: FakeClock
) -> None:
    await used(accounts, ("a",), Verdict.RATE)
    assert {(await used(accounts, BOTH)).name for _ in range(2)} == {"b"}
    assert await accounts.wait_s(("a",)) == 900
    clock.advance(901)
    assert await is_free(accounts, "a")


async def test_a_session_that_has_ended_is_used_again_after_a_new_login_only(
    accounts: Accounts, clock: FakeClock
) -> None:
    assert (await used(accounts, ("a",), Verdict.CHECKPOINT)).ended == "checkpoint"
    clock.advance(10 * 86_400)
    assert not await is_free(accounts, "a")
    assert (await accounts.health())["a"].ended == "checkpoint"
    await accounts.keep("a", COOKIES)
    assert (await used(accounts, ("a",))).ended == ""


async def test_who_is_forgotten_is_forgotten(accounts: Accounts) -> None:
    await used(accounts, ("a",), Verdict.LOGGED_OUT)
    assert await accounts.forget("a")
    assert list(await accounts.health()) == ["b"]
    assert not await accounts.forget("a")


async def test_a_child_is_told_where_a_session_is_never_what_is_in_it(accounts: Accounts) -> None:
    lease = await used(accounts, ("a",))
    assert lease.session == {"name": "a", "path": str(accounts.folder / "sessions" / "a.txt")}
    assert "secret" not in repr(lease)
