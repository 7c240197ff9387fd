"""What only PostgreSQL makes possible, and what it must not: others who write at the same moment."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import make_url, text

from fetchgram.errors import ConfigError, DiskFull, TemporarilyUnavailable
from fetchgram.model import Delivery, DeliveryState, Event, JobState
from fetchgram.storage import Storage, open_storage, postgres
from fetchgram.storage.postgres import PostgresDatabase
from fetchgram.storage.postgres_failures import translate
from fetchgram_sandbox.postgres import PostgresServer
from fetchgram_sandbox.silent_line import SilentLine

if TYPE_CHECKING:
    from tests.framework.storage.conftest import Work


@pytest.fixture
def engine() -> str:
    return "postgres"


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that the test may stop."""
    with PostgresServer(durable=True) as server:
        yield server


async def _finished(*tasks: asyncio.Task[None]) -> None:
    async with asyncio.timeout(25):
        await asyncio.gather(*tasks)


async def test_whoever_joins_a_job_that_ends_at_that_moment_gets_a_new_one(storage: Storage, work: Work) -> None:
    async with storage.write() as session:
        old, delivery, _ = await work.job(session, "f")
        held = await session.jobs.claim("w", 30, running_limit=1)
        assert held is not None
        await session.deliveries.set_state(delivery.id, DeliveryState.DELIVERED)
    inside, joined = asyncio.Event(), []

    async def end() -> None:
        async with storage.write() as session:
            await session.jobs.hold(old.id)
            inside.set()
            await asyncio.sleep(0.2)
            assert all(each.state.ended for each in await session.deliveries.of_job(old.id))
            await session.jobs.finish(old.id, held.lease, JobState.DONE)

    async def join() -> None:
        await inside.wait()
        async with storage.write() as session:
            job, _, created = await work.job(session, "f", person=8)
            joined.append((job.id, created))

    await _finished(asyncio.create_task(end()), asyncio.create_task(join()))
    ((job_id, created),) = joined
    assert created
    assert job_id > old.id


async def test_whoever_ends_a_job_sees_who_joined_it_at_that_moment(storage: Storage, work: Work) -> None:
    async with storage.write() as session:
        job, delivery, _ = await work.job(session, "f")
        await session.jobs.claim("w", 30, running_limit=1)
        await session.deliveries.set_state(delivery.id, DeliveryState.DELIVERED)
    inside = asyncio.Event()
    waiting: list[Delivery] = []

    async def join() -> None:
        async with storage.write() as session:
            await work.job(session, "f", person=8)
            inside.set()
            await asyncio.sleep(0.2)

    async def end() -> None:
        await inside.wait()
        async with storage.write() as session:
            await session.jobs.hold(job.id)
            waiting.extend(each for each in await session.deliveries.of_job(job.id) if not each.state.ended)

    await _finished(asyncio.create_task(join()), asyncio.create_task(end()))
    assert len(waiting) == 1


async def test_claims_at_the_same_moment_keep_a_persons_limit_and_the_order(storage: Storage, work: Work) -> None:
    async with storage.write() as session:
        mine = [(await work.job(session, person=7))[0].id for _ in range(6)]
        yours, _, _ = await work.job(session, person=8)
    claimed: list[int] = []

    async def claim() -> None:
        async with storage.write() as session:
            job = await session.jobs.claim("w", 30, running_limit=2)
            if job is not None:
                claimed.append(job.id)

    await _finished(*(asyncio.create_task(claim()) for _ in range(12)))
    assert sorted(claimed) == sorted([*mine[:2], yours.id])


async def test_jobs_that_one_person_adds_at_the_same_moment_take_a_turn_each(storage: Storage, work: Work) -> None:
    async def add() -> None:
        async with storage.write() as session:
            await work.job(session, person=7)

    await _finished(*(asyncio.create_task(add()) for _ in range(6)))
    async with storage.write() as session:
        late, _, _ = await work.job(session, person=7)
        other, _, _ = await work.job(session, person=8)
        served = [await session.jobs.claim("w", 30, running_limit=99) for _ in range(3)]
    assert other.id in {job.id for job in served if job is not None}
    assert late.id not in {job.id for job in served if job is not None}


async def test_an_observer_misses_no_event_that_was_committed_after_a_later_one(storage: Storage) -> None:
    slow = storage.write()
    session = await slow.__aenter__()
    await session.events.add(Event(name="job.done", plugin="first", at=session.now))
    async with storage.write() as fast:
        await fast.events.add(Event(name="job.done", plugin="second", at=fast.now))
    async with storage.read() as reader:
        seen = await reader.events.after(0, 9)
    await slow.__aexit__(None, None, None)
    assert seen == []
    async with storage.read() as reader:
        assert {event.plugin for event in await reader.events.after(0, 9)} == {"first", "second"}


async def test_a_job_whose_ledger_is_being_written_is_not_taken_over_meanwhile(storage: Storage, work: Work) -> None:
    async with storage.write() as session:
        job, delivery, _ = await work.job(session)
        held = await session.jobs.claim("w", -1, running_limit=1)
        assert held is not None
    async with storage.write() as writing:
        await writing.deliveries.ledger_put(delivery.id, "send", "begun", job_id=job.id, lease=held.lease)
        async with storage.write() as other:
            assert await other.jobs.claim("w2", 30, running_limit=9) is None
    async with storage.write() as other:
        taken = await other.jobs.claim("w2", 30, running_limit=9)
        assert taken is not None
        assert await other.deliveries.ledger_get(delivery.id, "send") == "begun"
        assert await other.jobs.taken_from(job.id) == "w"


async def test_the_time_of_leases_is_the_databases(storage: Storage) -> None:
    database = storage.database
    assert isinstance(database, PostgresDatabase)
    assert database.skew == timedelta()
    before = datetime.now(UTC)

    class Wrong:
        """A connection to a server whose clock is an hour ahead."""

        async def execute(self, _: str) -> Wrong:
            return self

        async def fetchone(self) -> tuple[datetime]:
            return (before + timedelta(hours=1),)

    await database._compare_clocks(Wrong())  # type: ignore[arg-type]  # all of it that is asked
    assert timedelta(minutes=59) < database.skew <= timedelta(hours=1)
    async with storage.read() as session:
        assert session.now == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC) + database.skew


@pytest.mark.timeout(90)
async def test_a_server_that_restarts_is_temporarily_unavailable_and_then_as_before(
    own_server: PostgresServer, tmp_path: Path
) -> None:
    storage = await open_storage(own_server.create("bot"), tmp_path)
    async with storage.write() as session:
        await session.inbox.add(1, 1, "{}")
    with pytest.raises(TemporarilyUnavailable, match="cannot be reached"):  # noqa: PT012  # it happens inside
        async with storage.write() as session:
            await session.inbox.add(1, 2, "{}")
            own_server.stop(signal.SIGQUIT)
            await session.inbox.add(1, 3, "{}")
    with pytest.raises(TemporarilyUnavailable, match="cannot be reached"):
        async with storage.read() as session:
            await session.inbox.pending(1, 9)
    own_server.start()
    async with storage.read() as session:
        assert [update.update_id for update in await session.inbox.pending(1, 9)] == [1]
    async with storage.write() as session:
        await session.inbox.add(1, 4, "{}")
    await storage.close()


async def test_a_restart_between_two_transactions_is_met_by_the_pool_and_by_nobody_else(
    own_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_FRESH_S", 3600.0)  # however long the restart takes here
    storage = await open_storage(own_server.create("bot"), tmp_path)
    async with storage.write() as session:
        await session.inbox.add(1, 1, "{}")
    async with storage.read() as session:
        assert len(await session.inbox.pending(1, 9)) == 1
    own_server.stop()
    own_server.start()
    async with storage.write() as session:
        await session.inbox.add(1, 2, "{}")
    async with storage.read() as session:
        assert len(await session.inbox.pending(1, 9)) == 2
    await storage.close()


async def test_only_what_may_be_forgotten_does_not_wait_for_the_disk(own_server: PostgresServer) -> None:
    database = PostgresDatabase(make_url(own_server.url("postgres")))
    asked = text("SHOW synchronous_commit")
    async with database.write() as connection:
        assert (await connection.execute(asked)).scalar() == "on"
    async with await psycopg.AsyncConnection.connect(**database.arguments(forgetful=True)) as hints:
        assert await (await hints.execute("SHOW synchronous_commit")).fetchone() == ("off",)
    await database.close()


@pytest.fixture
async def proxied(postgres: PostgresServer, url: str) -> AsyncIterator[tuple[SilentLine, str]]:
    async with SilentLine(postgres.socket) as proxy:
        yield proxy, proxy.url(url)


@pytest.mark.timeout(60)
async def test_a_server_that_falls_silent_is_given_up(
    proxied: tuple[SilentLine, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, url = proxied
    storage = await open_storage(url, tmp_path)
    monkeypatch.setattr(postgres, "ANSWER_S", 0.5)
    monkeypatch.setattr(postgres, "CONNECT_S", 2)
    proxy.fall_silent()
    with pytest.raises(TemporarilyUnavailable, match="cannot be reached"):
        async with storage.write() as session:
            await session.inbox.add(1, 1, "{}")
    await storage.close()


async def test_a_wrong_name_or_user_is_a_clear_sentence(postgres: PostgresServer, tmp_path: Path) -> None:
    for url in (postgres.url("nowhere"), postgres.url("postgres").replace("fetchgram@", "stranger@")):
        with pytest.raises(ConfigError, match=r"does not let us in .*check user, password and name"):
            await open_storage(url, tmp_path)


@pytest.mark.parametrize(
    ("error", "ours", "sentence"),
    [
        (errors.DiskFull("could not extend file"), DiskFull, "no room left"),
        (errors.SerializationFailure("could not serialize"), TemporarilyUnavailable, "busy with the same rows"),
        (errors.DeadlockDetected("deadlock detected"), TemporarilyUnavailable, "busy with the same rows"),
        (errors.AdminShutdown("terminating connection"), TemporarilyUnavailable, "cannot be reached"),
        (errors.TooManyConnections("too many clients"), TemporarilyUnavailable, "cannot be reached"),
        (errors.ReadOnlySqlTransaction("read-only"), ConfigError, "name the primary"),
        (errors.InsufficientPrivilege("permission denied"), ConfigError, "own the database"),
    ],
)
def test_what_the_server_refuses_has_a_meaning(error: Exception, ours: type[Exception], sentence: str) -> None:
    found = translate("the database 'bot'", error)
    assert type(found) is ours
    assert sentence in str(found)
