"""How Alembic runs our migrations: on the connection that it is given, inside the transaction that is open there."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
    # SQLite changes a column by making a new table in the place of the old one.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
