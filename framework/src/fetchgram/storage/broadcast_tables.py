"""The tables of broadcasts: each of them, its messages while they can be deleted, and who is interested in what."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from fetchgram import model
from fetchgram.storage.columns import AsWord, Instant, serial
from fetchgram.storage.tables import metadata

UNENDED = text("state IN ('draft', 'running', 'paused')")
"""Broadcasts that may still send."""
UNSETTLED = text("state IN ('waiting', 'sending')")
"""Messages whose end is not known."""
DELIVERED = text("state = 'delivered'")
"""Messages that can be deleted again."""

TALLY = ("delivered", "blocked", "gone", "failed", "uncertain", "deleted", "kept")
"""Counted in the row of the broadcast: counting 100,000 rows for each look at it would take too long."""

broadcasts = Table(
    "broadcasts",
    metadata,
    Column("id", serial(), primary_key=True),
    Column("bot_id", BigInteger, nullable=False),
    Column("author", BigInteger, nullable=False),
    Column("post", AsWord(model.Post), nullable=False),
    Column("recipients", AsWord(model.Recipients), nullable=False),
    Column("state", String(16), nullable=False),
    Column("walked_to", BigInteger, nullable=False, server_default="0"),
    Column("total", Integer, nullable=False, server_default="0"),
    *(Column(name, Integer, nullable=False, server_default="0") for name in TALLY),
    Column("reason", Text),
    Column("is_withdrawn", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Index("ix_broadcasts_unended", "bot_id", "id", sqlite_where=UNENDED, postgresql_where=UNENDED),
    Index("ix_broadcasts_bot", "bot_id", "id"),
    # Buttons name it.
    sqlite_autoincrement=True,
)

broadcast_sends = Table(
    "broadcast_sends",
    metadata,
    Column("broadcast_id", serial(), ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True),
    Column("person", BigInteger, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("message_id", BigInteger),
    # Of an album, the others.
    Column("more_ids", JSON(none_as_null=True)),
    Column("at", Instant, nullable=False),
    Index("ix_broadcast_sends_unsettled", "broadcast_id", "person", sqlite_where=UNSETTLED, postgresql_where=UNSETTLED),
    Index("ix_broadcast_sends_delivered", "broadcast_id", "person", sqlite_where=DELIVERED, postgresql_where=DELIVERED),
    Index("ix_broadcast_sends_at", "at"),
)

interests = Table(
    "interests",
    metadata,
    Column("bot_id", BigInteger, primary_key=True),
    Column("plugin", String(64), primary_key=True),
    Column("person", BigInteger, primary_key=True),
    Column("at", Instant, nullable=False),
    Index("ix_interests_person", "bot_id", "person"),
    Index("ix_interests_at", "at"),
)

slices = Table(
    "slices",
    metadata,
    Column("bot_id", BigInteger, primary_key=True),
    Column("holder", String(255), primary_key=True),
    Column("per_s", Integer, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("until", Instant, nullable=False),
)
