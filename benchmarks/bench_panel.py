"""200,000 people and their downloads: what each page of the admin panel costs in the database, with the query plans."""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, event, insert, text
from sqlalchemy import Table as SqlTable

from fetchgram.model import Chat, Choice, ChoiceKind, Circle, Link, LinkKind, Recipe, Recipients
from fetchgram.model.people import PeopleOf
from fetchgram.storage import Session, Storage, open_storage
from fetchgram.storage.audit import audit
from fetchgram.storage.broadcast_tables import interests
from fetchgram.storage.columns import to_ms
from fetchgram.storage.database import Database
from fetchgram.storage.sqlite import SqliteDatabase
from fetchgram.storage.stories import stories
from fetchgram.storage.tables import chats, deliveries, jobs, people, requests
from fetchgram_sandbox.postgres import PostgresServer
from table import Table, is_quick, silence_logs

_BOT = 1
_NOW = datetime.now(UTC)
_BUSY = 7
"""The person with the most downloads: as many as the limits of a day allow, each day that is kept."""
_NAMES = ("Ann", "Bea", "Carlos", "Dmitri", "Élodie", "Fatima", "Goran", "Hana", "Ivo", "Jun", "Kofi", "Lena")
_ROUNDS = 15
_IN_LINE = 2_000
_LINK = Link(plugin="youtube", kind=LinkKind.VIDEO, media_id="m", url="https://site.test/m")

_LANGUAGES = ("en", "en-gb", "es", "pt-br", "pt", "ru", "hi", "de", "fr", "it")
_PLUGINS = ("youtube", "instagram", "ytdlp")
_CIRCLES = (
    Recipients(circle=Circle.ALL),
    Recipients(circle=Circle.ACTIVE, days=30),
    Recipients(circle=Circle.LANGUAGE, value="pt"),
    Recipients(circle=Circle.PLATFORM, value="youtube"),
    Recipients(circle=Circle.ADMINS),
    Recipients(circle=Circle.MYSELF),
)

Page = Callable[[Session], Awaitable[object]]


def main() -> None:
    """Measure and print."""
    quick = is_quick(__doc__ or "")
    silence_logs()
    count = 20_000 if quick else 200_000
    table = Table(f"Pages of the panel with {count:,} people", "page", "SQLite ms", "worst", "PostgreSQL ms", "worst ")
    with tempfile.TemporaryDirectory() as folder, PostgresServer() as server:
        mine = asyncio.run(_measure(None, Path(folder), count))
        theirs = asyncio.run(_measure(server.create("panel"), Path(folder), count))
    for name, times in mine.items():
        other = theirs[name]
        cells = [f"{statistics.median(times):.1f}", f"{max(times):.1f}"]
        table.row(name, *cells, f"{statistics.median(other):.1f}", f"{max(other):.1f}")
    table.note(f"All statements of a page in one transaction, {_ROUNDS} times; bound: 100 ms of database time a page.")
    table.show()


async def _measure(url: str | None, folder: Path, count: int) -> Mapping[str, list[float]]:
    storage = await open_storage(url, folder)
    try:
        await _fill(storage, count)
        pages = await _pages(storage)
        found = {name: [await _timed(storage, page) for _ in range(_ROUNDS)] for name, page in pages.items()}
        if url is None:
            await _show_plans(storage, pages)
        return found
    finally:
        await storage.close()


async def _pages(storage: Storage) -> Mapping[str, Page]:
    """Name the pages; the last ones of the list are reached by the cursor that leads there."""
    async with storage.read() as session:
        rows = await session.directory.page(_BOT, PeopleOf.ALL, 8)
    middle = f"{to_ms(_NOW - timedelta(days=45))}:0"
    end = f"{to_ms(_NOW - timedelta(days=89, hours=23))}:0"
    assert rows.older is not None
    return {
        "people, first page": lambda s: s.directory.page(_BOT, PeopleOf.ALL, 8),
        "people, second page": lambda s: s.directory.page(_BOT, PeopleOf.ALL, 8, older=rows.older),
        "people, in the middle": lambda s: s.directory.page(_BOT, PeopleOf.ALL, 8, older=middle),
        "people, near the end": lambda s: s.directory.page(_BOT, PeopleOf.ALL, 8, older=end),
        "people, back from there": lambda s: s.directory.page(_BOT, PeopleOf.ALL, 8, newer=end),
        "banned": lambda s: s.directory.page(_BOT, PeopleOf.BANNED, 8),
        "staff": lambda s: s.directory.page(_BOT, PeopleOf.STAFF, 8),
        "search by number": lambda s: s.directory.find(_BOT, "1234", 8),
        "search by a name of many": lambda s: s.directory.find(_BOT, "ann", 8),
        "search by a username": lambda s: s.directory.find(_BOT, "user_1999", 8),
        "search, nobody": lambda s: s.directory.find(_BOT, "zzz", 8),
        "card of the busiest": lambda s: _card(s, _BUSY),
        "card of somebody": lambda s: _card(s, 1234),
        "audit, newest": lambda s: s.audit.page(_BOT, 7),
        "audit of one person": lambda s: s.audit.page(_BOT, 7, target="person:42"),
        "jobs, the line": _line,
        "failures, groups": lambda s: s.stories.groups(8),
        "failures, one kind": lambda s: s.stories.of("youtube", "error-gone", 9),
        "failure by number": lambda s: s.stories.get("N0001234"),
        "the door": lambda s: s.access.door(_BOT),
        "statistics": lambda s: s.figures.of(_BOT),
        "plugins, their last day": lambda s: s.requests.rates(_NOW - timedelta(days=1)),
        "broadcast, its languages": lambda s: s.recipients.languages(_BOT, 12),
        "broadcast, its platforms": lambda s: s.recipients.platforms(_BOT, 12),
        **{f"broadcast, count of {each.circle.value}": _count(each) for each in _CIRCLES},
    }


def _count(circle: Recipients) -> Page:
    return lambda s: s.recipients.count(_BOT, circle, 1, [1, 2])


async def _card(session: Session, person: int) -> None:
    await session.people.get(_BOT, person)
    await session.directory.usage(_BOT, person)


async def _line(session: Session) -> None:
    page = await session.line.page(9)
    await session.line.counts()
    await session.line.waiters([job.id for job in page])


async def _timed(storage: Storage, page: Page) -> float:
    async with storage.read() as session:
        began = time.perf_counter()
        await page(session)
        return (time.perf_counter() - began) * 1000


async def _fill(storage: Storage, count: int) -> None:
    await _insert(storage, people, _people(count))
    await _insert(storage, chats, _chats(count))
    await _insert(storage, interests, _interests(count))
    await _insert(storage, requests, _requests(count))
    await _insert(storage, jobs, _jobs(count))
    await _insert(storage, deliveries, _deliveries(count))
    await _insert(storage, audit, _audit())
    await _insert(storage, stories, _stories(count))
    if storage.database.is_shared:
        async with storage.write() as session:
            await session.execute(text("ANALYZE"))


async def _insert(storage: Storage, table: SqlTable, rows: Iterator[dict[str, object]]) -> None:
    while part := [row for _, row in zip(range(5_000), rows, strict=False)]:
        async with storage.write() as session:
            await session.execute(insert(table), part)


def _people(count: int) -> Iterator[dict[str, object]]:
    chance = random.Random(1)
    for number in range(1, count + 1):
        first, last = chance.choice(_NAMES), f"{chance.choice(_NAMES)}son"
        yield {
            "bot_id": _BOT,
            "id": number,
            "first_name": first,
            "last_name": last,
            "username": f"user_{number}",
            "username_key": f"user_{number}",
            "name_key": f"{first} {last}".casefold(),
            "surname_key": last.casefold(),
            "role": "viewer" if number % 20_000 == 0 else "user",
            "banned": number % 200 == 0,
            "locale": chance.choice(_LANGUAGES),
            "blocked": number % 10 == 0,
            "quiet": number % 33 == 0,
            "has_chat": True,
            "first_seen": _NOW - timedelta(days=90),
            "last_seen": _NOW - timedelta(seconds=chance.randrange(90 * 86_400)),
        }


def _chats(count: int) -> Iterator[dict[str, object]]:
    for number in range(1, count + 1):
        yield {"bot_id": _BOT, "id": number, "kind": "private", "first_seen": _NOW, "last_seen": _NOW}


def _interests(count: int) -> Iterator[dict[str, object]]:
    """Everybody sent links of one plugin, every other person of two."""
    for number in range(1, count + 1):
        for plugin in {_PLUGINS[number % 3], _PLUGINS[number % 2]}:
            yield {"bot_id": _BOT, "plugin": plugin, "person": number, "at": _NOW - timedelta(days=1)}


def _whose(count: int) -> Iterator[int]:
    """Two downloads for every fifth person, and 45,000 for the busiest."""
    for number in range(1, count + 1, 5):
        yield from (number, number)
    yield from (_BUSY for _ in range(count * 9 // 40))


def _requests(count: int) -> Iterator[dict[str, object]]:
    for number, person in enumerate(_whose(count), start=1):
        at = _NOW - timedelta(seconds=number * 50)
        yield {
            "id": number,
            "key": f"k{number}",
            "bot_id": _BOT,
            "person": person,
            "destination": Chat(bot_id=_BOT, chat=person),
            "locale": "en",
            "url": "https://site.test/m",
            "link": _LINK,
            "state": "failed" if number % 50 == 0 else "done",
            "created_at": at,
            "updated_at": at,
        }


def _jobs(count: int) -> Iterator[dict[str, object]]:
    recipe = Recipe(choice=Choice(kind=ChoiceKind.VIDEO, height_px=720))
    for number, person in enumerate(_whose(count), start=1):
        at = _NOW - timedelta(seconds=number * 50)
        yield {
            "id": number,
            "fingerprint": f"f{number}",
            "link": _LINK,
            "recipe": recipe,
            "title": "A film",
            "state": "queued" if number <= _IN_LINE else "done",
            "stage": "download",
            "person_key": f"{_BOT}:{person}",
            "flow": f"{_BOT}:{person}",
            "tag": float(number),
            "finish_tag": float(number + 1),
            "created_at": at,
            "updated_at": at,
        }


def _deliveries(count: int) -> Iterator[dict[str, object]]:
    for number, person in enumerate(_whose(count), start=1):
        yield {
            "job_id": number,
            "request_id": number,
            "bot_id": _BOT,
            "person": person,
            "destination": Chat(bot_id=_BOT, chat=person),
            "state": "waiting" if number <= _IN_LINE else "failed" if number % 50 == 0 else "delivered",
            "size_bytes": 5_000_000,
            "created_at": _NOW - timedelta(seconds=number * 50),
        }


def _audit() -> Iterator[dict[str, object]]:
    for number in range(50_000):
        yield {
            "at": _NOW - timedelta(seconds=number),
            "bot_id": _BOT,
            "actor": "1",
            "action": "person.ban",
            "target": f"person:{number % 500}",
        }


def _stories(count: int) -> Iterator[dict[str, object]]:
    for number in range(count // 10):
        yield {
            "number": f"N{number:07}",
            "at": _NOW - timedelta(seconds=number * 300),
            "kind": "job",
            "plugin": ("youtube", "instagram", "ytdlp")[number % 3],
            "reason": ("error-gone", "error-private", "error-geo", "KeyError")[number % 4],
            "error": "ContentUnavailable: gone",
            "traceback": "x" * 3_000,
            "log": ["12:00:00 info job.started"],
            "versions": {"fetchgram": "0.1.0"},
            "stage": "download",
            "bot_id": _BOT,
            "url": "https://site.test/m",
            "title": "A film",
        }


async def _show_plans(storage: Storage, pages: Mapping[str, Page]) -> None:
    """Print how SQLite goes about each statement."""
    print("\nQuery plans (SQLite)")
    for name, page in pages.items():
        statements = await _statements(storage, page)
        print(f"\n{name}")
        async with storage.database.read() as connection:
            for sql, parameters in statements:
                plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
                print("\n".join(f"  {row.detail}" for row in plan))


async def _statements(storage: Storage, page: Page) -> list[tuple[str, tuple[object, ...]]]:
    executed: list[tuple[str, tuple[object, ...]]] = []

    def remember(_1: Connection, _2: object, sql: str, parameters: tuple[object, ...], *_: object) -> None:
        if sql.startswith("SELECT"):
            executed.append((sql, parameters))

    engine = _reader(storage.database)
    event.listen(engine, "before_cursor_execute", remember)
    async with storage.read() as session:
        await page(session)
    event.remove(engine, "before_cursor_execute", remember)
    return executed


def _reader(database: Database) -> Engine:
    if not isinstance(database, SqliteDatabase):
        raise TypeError("the plans that are shown are SQLite's")
    return database._readers.sync_engine  # noqa: SLF001  # a benchmark looks inside


if __name__ == "__main__":
    main()
