"""Revision 0003: broadcasts, their messages, interests, slices of the send budget, live screens, vitals."""

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
    _interests()
    _reached()
    op.create_table(
        "vitals",
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("process", name=op.f("pk_vitals")),
    )
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
        sa.Column("more_ids", sa.JSON(none_as_null=True), nullable=True),
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


def _interests() -> None:
    op.create_table(
        "interests",
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.Column("plugin", sa.String(length=64), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", "plugin", "person", name=op.f("pk_interests")),
    )
    op.create_index("ix_interests_person", "interests", ["bot_id", "person"], unique=False)
    op.create_index("ix_interests_at", "interests", ["at"], unique=False)


def _reached() -> None:
    """Add who has a private chat with us, what a circle asks for, and who has limits of their own."""
    op.add_column("people", sa.Column("has_chat", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    reached = sa.text("has_chat AND NOT blocked AND NOT quiet")
    circle = ["last_seen", "first_seen", "banned", "banned_until", "role", "language", "locale"]
    willing = ["has_chat", "blocked", "quiet"]
    limited = sa.text("limits IS NOT NULL")
    op.create_index("ix_people_limited", "people", ["bot_id", "id"], sqlite_where=limited, postgresql_where=limited)
    for name, columns in (("reached", ["id", *circle]), ("reading", ["locale", "language"])):
        op.create_index(
            f"ix_people_{name}",
            "people",
            ["bot_id", *columns, *willing],
            unique=False,
            sqlite_where=reached,
            postgresql_where=reached,
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
