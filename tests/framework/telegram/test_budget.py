"""Two real lines share one budget over one real PostgreSQL; the server refuses whoever takes more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from aiogram.methods import SendMessage
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from fetchgram.clock import SystemClock
from fetchgram.errors import TemporarilyUnavailable
from fetchgram.settings import BotSettings, DeliverySettings
from fetchgram.storage import Session, Storage, open_storage
from fetchgram.storage.slices import Slice
from fetchgram.telegram.budget import Budget, fair_slice
from fetchgram.telegram.client import build_client
from fetchgram.telegram.flood import Line
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.limits import Limits, Rate
from fetchgram_sandbox.world import World

from .conftest import until

PER_S = 20
_wants = st.integers(0, 200)


@given(st.integers(0, 100), _wants, st.lists(_wants, max_size=8))
def test_slices_are_fair_and_never_more_than_there_is(budget: int, first: int, others: list[int]) -> None:
    wants = [first, *others]
    slices = [fair_slice(budget, want, [*wants[:at], *wants[at + 1 :]]) for at, want in enumerate(wants)]
    assert sum(slices) <= budget
    assert sum(slices) > min(budget, sum(wants)) - len(wants), "nothing is left over but crumbs"
    for want, own in zip(wants, slices, strict=True):
        assert own >= min(want, budget // len(wants)), "nobody gets less than an equal part that they want"


@pytest.fixture
def engine() -> str:
    """Only there several processes send."""
    return "postgres"


@pytest_asyncio.fixture
async def storage(tmp_path: Path, migrated_url: str | None) -> AsyncIterator[Storage]:
    opened = await open_storage(migrated_url, tmp_path)
    yield opened
    await opened.close()


class Sender:
    """One process: a line, and its slice of the budget."""

    def __init__(self, api: BotApi, storage: Storage, name: str) -> None:
        bot = build_client("main", BotSettings(token=SecretStr(api.token), api_url=api.url))
        self.line = Line(bot, DeliverySettings(messages_per_s=PER_S, chat_interval_s=0), SystemClock())
        self.budget = Budget(
            line=self.line, storage=storage, clock=SystemClock(), bot_id=bot.id, holder=name, per_s=PER_S
        )
        self.keeping = asyncio.ensure_future(self.budget.run())
        self.sending: list[asyncio.Task[None]] = []

    def sends_without_end(self, person: int) -> None:
        self.sending = [asyncio.ensure_future(self._send(person)) for _ in range(PER_S)]

    async def ends(self) -> None:
        for task in (self.keeping, *self.sending):
            task.cancel()
        await asyncio.wait([self.keeping, *self.sending])
        await self.line.bot.session.close()

    async def _send(self, person: int) -> None:
        while True:
            await self.line(SendMessage(chat_id=person, text="x"))


async def slices_of(storage: Storage, bot_id: int) -> list[int]:
    async with storage.write() as session:
        return sorted(each.per_s for each in await session.slices.of(bot_id, ""))


async def test_two_processes_never_pass_the_budget_and_the_busy_one_gets_what_the_other_leaves(
    storage: Storage, world: World
) -> None:
    people = [world.new_person(f"P{n}").id for n in range(2)]
    async with BotApi(world, limits=Limits(overall=Rate(PER_S, 1.0), private=None)) as api:
        one, two = Sender(api, storage, "one"), Sender(api, storage, "two")
        one.sends_without_end(people[0])
        await until(lambda: one.line.per_s >= PER_S - 5)
        assert sum(await slices_of(storage, world.bot.id)) < PER_S
        two.sends_without_end(people[1])
        await until(lambda: two.line.per_s >= PER_S // 2 - 1)
        assert one.line.per_s + two.line.per_s < PER_S
        assert sum(await slices_of(storage, world.bot.id)) < PER_S
        await one.ends()
        await until(lambda: two.line.per_s == PER_S - 1)
        await two.ends()
        assert not [call for call in api.calls if call.error_code == 429]
        assert await slices_of(storage, world.bot.id) == []


class Database:
    """The real one, until it is away."""

    def __init__(self, storage: Storage) -> None:
        self.storage, self.is_away = storage, False

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Session]:
        if self.is_away:
            raise TemporarilyUnavailable("away")
        async with self.storage.write() as session:
            yield session


async def test_a_process_that_cannot_renew_falls_to_the_least_before_others_get_its_slice(
    storage: Storage, bot_api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fetchgram.telegram.budget._LEASE_S", 7.0)
    database = Database(storage)
    cut_off = Sender(bot_api, database, "far")  # type: ignore[arg-type]  # the one method that is needed
    await until(lambda: cut_off.line.per_s == PER_S - 1)
    database.is_away = True
    await until(lambda: cut_off.line.per_s == 1)
    assert await slices_of(storage, bot_api.world.bot.id) == [PER_S - 1], "nobody else can have it yet"
    database.is_away = False
    await until(lambda: cut_off.line.per_s == PER_S - 1)
    await cut_off.ends()


async def test_a_slice_that_was_not_renewed_is_free(storage: Storage) -> None:
    async with storage.write() as session:
        await session.slices.put(1, Slice("dead", 20, 20), -1.0)
        await session.slices.put(1, Slice("alive", 5, 5), 10.0)
        assert [each.holder for each in await session.slices.of(1, "me")] == ["alive"]
        await session.slices.drop(1, "alive")
        assert await session.slices.of(1, "me") == []
