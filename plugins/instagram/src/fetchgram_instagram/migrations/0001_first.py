"""The accounts: how each one is, and who uses it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "instagram_accounts",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("used", sa.JSON, nullable=False),
        sa.Column("rests_until", sa.Float, nullable=False),
        sa.Column("strikes", sa.Integer, nullable=False),
        sa.Column("ended", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("held_until", sa.Float, nullable=False),
    )
