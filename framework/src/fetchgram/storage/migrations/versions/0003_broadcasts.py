"""Revision 0003: broadcasts, their messages, the slices of the send budget, and live screens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_COUNTS = ("total", "delivered", "blocked", "gone", "failed", "uncertain", "deleted", "kept")


def upgrade() -> None:
    """Make the tables."""
    _broadcasts()
    _sends()
    _live_screens()
    op.create_table(
        "slices",
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.String(length=255), nullable=False),
        sa.Column("per_s", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", "holder", name=op.f("pk_slices")),
    )


def _broadcasts() -> None:
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.BigInteger(), nullable=False),
        sa.Column("post", sa.JSON(), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("walked_to", sa.BigInteger(), server_default="0", nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in _COUNTS),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("is_withdrawn", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcasts")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_broadcasts_bot", "broadcasts", ["bot_id", "id"], unique=False)
    unended = sa.text("state IN ('draft', 'running', 'paused')")
    op.create_index(
        "ix_broadcasts_unended",
        "broadcasts",
        ["bot_id", "id"],
        unique=False,
        sqlite_where=unended,
        postgresql_where=unended,
    )


def _sends() -> None:
    op.create_table(
        "broadcast_sends",
        sa.Column("broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast_id"],
            ["broadcasts.id"],
            name=op.f("fk_broadcast_sends_broadcast_id_broadcasts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("broadcast_id", "person", name=op.f("pk_broadcast_sends")),
    )
    op.create_index("ix_broadcast_sends_at", "broadcast_sends", ["at"], unique=False)
    for name, condition in (("unsettled", "state IN ('waiting', 'sending')"), ("delivered", "state = 'delivered'")):
        op.create_index(
            f"ix_broadcast_sends_{name}",
            "broadcast_sends",
            ["broadcast_id", "person"],
            unique=False,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )


def _live_screens() -> None:
    op.create_table(
        "live_screens",
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.Column("chat", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", "chat", "message_id", name=op.f("pk_live_screens")),
    )
    op.create_index("ix_live_screens_until", "live_screens", ["until"], unique=False)
