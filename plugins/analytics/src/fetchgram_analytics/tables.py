"""The plugin's own tables: events as they came, sums of them by hour, day and month, and people's active days."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, SmallInteger, String, Table

metadata = MetaData()

_serial = BigInteger().with_variant(Integer(), "sqlite")

events = Table(
    "analytics_events",
    metadata,
    # In the order in which they were recorded, which is how far the sums have come.
    Column("seq", _serial, primary_key=True),
    Column("event_id", BigInteger, nullable=False, unique=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("name", String(64), nullable=False),
    Column("person", BigInteger),
    Column("plugin", String(64), nullable=False),
    Column("detail", String(64), nullable=False),
    # Of a file: what people would call its quality, the way out, whether (1 or 0) nothing had to be fetched.
    Column("quality", String(64)),
    Column("route", String(64)),
    Column("cached", SmallInteger),
    Column("size_bytes", BigInteger),
    # Classes of sizes and slots of times, as `histogram` names them.
    Column("size_class", String(1)),
    Column("took_ms", BigInteger),
    Column("took_slot", String(3)),
    Column("send_ms", BigInteger),
    Column("send_slot", String(3)),
    sqlite_autoincrement=True,
)


def _sums(name: str) -> Table:
    """Return a table of sums: `at` is an instant, a day or a month, as `dates` numbers them."""
    return Table(
        name,
        metadata,
        Column("what", String(16), primary_key=True),
        Column("at", BigInteger, primary_key=True, autoincrement=False),
        Column("plugin", String(64), primary_key=True),
        Column("detail", String(64), primary_key=True),
        Column("n", BigInteger, nullable=False),
        Column("amount", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


hours = _sums("analytics_hours")
days = _sums("analytics_days")
months = _sums("analytics_months")

active = Table(
    "analytics_active",
    metadata,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("files", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

tastes = Table(
    "analytics_tastes",
    metadata,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("plugin", String(64), primary_key=True),
    Column("files", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    # The day of the first of them.
    Column("first_day", Integer, nullable=False),
    sqlite_with_rowid=False,
)

zones = Table(
    "analytics_zones",
    metadata,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("timezone", String(64), nullable=False),
    # The day of the last report that went to whoever has it.
    Column("reported", Integer, nullable=False),
)

marks = Table(
    "analytics_marks",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
