"""The table of screens that are kept up to date."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Table, Text

from fetchgram.storage.columns import Instant
from fetchgram.storage.tables import metadata

live_screens = Table(
    "live_screens",
    metadata,
    Column("bot_id", BigInteger, primary_key=True),
    Column("chat", BigInteger, primary_key=True),
    Column("message_id", BigInteger, primary_key=True),
    Column("person", BigInteger, nullable=False),
    Column("plugin", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("args", JSON, nullable=False),
    Column("until", Instant, nullable=False),
    Index("ix_live_screens_until", "until"),
)
