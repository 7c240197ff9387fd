"""The stories of failures: what an error number leads to."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import JSON, BigInteger, Column, Index, String, Table, Text, func, literal, select, tuple_

from fetchgram.model.failures import FailureGroup, FailureLine, Story
from fetchgram.storage.columns import Instant
from fetchgram.storage.database import insert_into
from fetchgram.storage.tables import metadata
from fetchgram.storage.transaction import Transaction

_DAY = timedelta(days=1)

stories = Table(
    "stories",
    metadata,
    Column("number", String(16), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("plugin", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("traceback", Text, nullable=False),
    Column("log", JSON, nullable=False),
    Column("versions", JSON, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("bot_id", BigInteger, nullable=False),
    Column("person", BigInteger),
    Column("request_id", BigInteger),
    Column("job_id", BigInteger),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Index("ix_stories_at", "at", "plugin", "reason"),
    Index("ix_stories_kind", "plugin", "reason", "at", "number"),
)
_LINE = (stories.c.number, stories.c.at, stories.c.plugin, stories.c.reason)


class StoryStore:
    """Stories of failures in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, story: Story) -> None:
        """Keep a story; a number that was drawn twice keeps the newer one."""
        values: dict[str, object] = {column.name: getattr(story, column.name) for column in stories.c}
        values |= {"log": list(story.log), "versions": dict(story.versions)}
        statement = insert_into(stories).values(**values)
        await self._tx.run(statement.on_conflict_do_update(index_elements=[stories.c.number], set_=values))

    async def get(self, number: str) -> Story | None:
        """Return a story, or `None`."""
        row = await self._tx.row(select(stories).where(stories.c.number == number))
        return None if row is None else Story(**row)

    async def groups(self, limit: int) -> list[FailureGroup]:
        """Return what failed in the last two days, by plugin and reason, what fails most today first."""
        today = self._tx.now - _DAY
        newer, older = func.count().filter(stories.c.at >= today), func.count().filter(stories.c.at < today)
        statement = (
            select(
                stories.c.plugin,
                stories.c.reason,
                newer.label("today"),
                older.label("yesterday"),
                func.max(stories.c.at).label("last_at"),
            )
            .where(stories.c.at >= today - _DAY)
            .group_by(stories.c.plugin, stories.c.reason)
            .order_by(newer.desc(), older.desc(), stories.c.plugin, stories.c.reason)
            .limit(limit)
        )
        return [
            FailureGroup(**row, last_number=(await self.of(row["plugin"], row["reason"], 1))[0].number)
            for row in await self._tx.rows(statement)
        ]

    async def of(
        self, plugin: str, reason: str, limit: int, *, before: tuple[datetime, str] | None = None
    ) -> list[FailureLine]:
        """Return the newest failures of one plugin for one reason.

        Args:
            plugin: Whose.
            reason: Which.
            limit: Most lines.
            before: Only what is older than this one: its time and number.
        """
        statement = select(*_LINE).where(stories.c.plugin == plugin, stories.c.reason == reason)
        if before is not None:
            place = tuple_(literal(before[0], stories.c.at.type), literal(before[1], stories.c.number.type))
            statement = statement.where(tuple_(stories.c.at, stories.c.number) < place)
        newest = statement.order_by(stories.c.at.desc(), stories.c.number.desc()).limit(limit)
        return [FailureLine(**row) for row in await self._tx.rows(newest)]

    async def prune(self, before: datetime, limit: int) -> int:
        """Delete some of those that are older than this; returns how many."""
        return await self._tx.delete_some(stories, stories.c.at < before, limit=limit)
