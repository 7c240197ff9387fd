"""The first tables."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    _events()
    for name in ("analytics_hours", "analytics_days", "analytics_months"):
        _sums(name)
    _people()
    op.create_table(
        "analytics_zones",
        sa.Column("person", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("reported", sa.Integer, nullable=False),
    )
    marks = op.create_table(
        "analytics_marks",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    first = {"summed": 0, "too_late_ms": 0, "salt": secrets.randbits(62), "reported": 0, "rebuilt": 0}
    op.bulk_insert(marks, [{"name": name, "value": value} for name, value in first.items()])


def _events() -> None:
    op.create_table(
        "analytics_events",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("event_id", sa.BigInteger, nullable=False, unique=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("person", sa.BigInteger),
        sa.Column("plugin", sa.String(64), nullable=False),
        sa.Column("detail", sa.String(64), nullable=False),
        sa.Column("quality", sa.String(64)),
        sa.Column("route", sa.String(64)),
        sa.Column("cached", sa.SmallInteger),
        sa.Column("size_bytes", sa.BigInteger),
        sa.Column("size_class", sa.String(1)),
        sa.Column("took_ms", sa.BigInteger),
        sa.Column("took_slot", sa.String(3)),
        sa.Column("send_ms", sa.BigInteger),
        sa.Column("send_slot", sa.String(3)),
        sqlite_autoincrement=True,
    )


def _sums(name: str) -> None:
    op.create_table(
        name,
        sa.Column("what", sa.String(16), primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("plugin", sa.String(64), primary_key=True),
        sa.Column("detail", sa.String(64), primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


def _people() -> None:
    first_day = sa.Column("first_day", sa.Integer, nullable=False)
    for name, key, more in (
        ("analytics_active", sa.Column("day", sa.Integer), ()),
        ("analytics_tastes", sa.Column("plugin", sa.String(64)), (first_day,)),
    ):
        key.primary_key, key.nullable, key.autoincrement = True, False, False
        op.create_table(
            name,
            sa.Column("person", sa.BigInteger, primary_key=True, autoincrement=False),
            key,
            sa.Column("files", sa.Integer, nullable=False),
            sa.Column("size_bytes", sa.BigInteger, nullable=False),
            *more,
            sqlite_with_rowid=False,
        )
