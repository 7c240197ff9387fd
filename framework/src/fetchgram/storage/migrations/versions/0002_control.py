"""Revision 0002: what admins did, and what they say of people."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of the authority."""
    _audit()
    _people()
    _invites()
    _stories()


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_target", "audit", ["target", "id"], unique=False)


def _people() -> None:
    """Add what the panel shows, and the indexes that it turns pages by."""
    key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    none, empty = sa.text("false"), sa.text("''")
    columns: tuple[sa.Column[Any], ...] = (
        sa.Column("ban_told", sa.Boolean(), server_default=none, nullable=False),
        sa.Column("invited", sa.Boolean(), server_default=none, nullable=False),
        sa.Column("limits", sa.JSON(), nullable=True),
        sa.Column("username_key", key, server_default=empty, nullable=False),
        sa.Column("name_key", key, server_default=empty, nullable=False),
        sa.Column("surname_key", key, server_default=empty, nullable=False),
    )
    for column in columns:
        op.add_column("people", column)
    for name in ("username", "name", "surname"):
        op.create_index(f"ix_people_{name}", "people", ["bot_id", f"{name}_key"], unique=False)
    page = ["bot_id", "last_seen", "id"]
    op.create_index("ix_people_seen", "people", page, unique=False)
    for name, words in (("staff", "role <> 'user'"), ("banned", "banned"), ("invited", "invited")):
        where = sa.text(words)
        op.create_index(f"ix_people_{name}", "people", page, unique=False, sqlite_where=where, postgresql_where=where)


def _invites() -> None:
    op.create_table(
        "invites",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_invites")),
    )
    op.create_index("ix_invites_bot", "invites", ["bot_id", "made_at"], unique=False)


def _stories() -> None:
    op.create_table(
        "stories",
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("traceback", sa.Text(), nullable=False),
        sa.Column("log", sa.JSON(), nullable=False),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=True),
        sa.Column("request_id", sa.BigInteger(), nullable=True),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_stories")),
    )
    op.create_index("ix_stories_at", "stories", ["at", "plugin", "reason"], unique=False)
    op.create_index("ix_stories_kind", "stories", ["plugin", "reason", "at", "number"], unique=False)
