"""Every table of the core, with the indexes that the stores' statements need."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from fetchgram import model
from fetchgram.storage.columns import AsWord, Instant, serial, sorted_text

OPEN = text("state IN ('queued', 'waiting', 'running')")
"""Jobs that have not ended; the same words in index and statement, or SQLite does not use the partial index."""
ENDED = text("state IN ('done', 'failed', 'cancelled')")
"""Jobs that the queue is done with."""
RUNNING = text("state = 'running'")
"""Jobs that a worker holds."""
WAITING = text("state = 'waiting'")
"""Jobs that are to be tried again later."""
UNFINISHED = text("state IN ('probing', 'choosing', 'working')")
"""Requests in which something will still happen."""
LOST = text("state = 'failed' AND recipe IS NULL")
"""Requests that failed before anything was chosen."""
SETTLED = text("state IN ('delivered', 'failed')")
"""Deliveries that arrived, or never will."""
AWAITED = text("state IN ('waiting', 'sending')")
"""Deliveries whose end is not known."""
PENDING = text("state = 'pending'")
"""Updates that are stored and not handled; commands that nobody has taken."""
STAFF = text("role <> 'user'")
"""People who were given a role."""
BANNED = text("banned")
"""People who are, or were until a time that may be over."""
REACHED = text("has_chat AND NOT blocked AND NOT quiet")
"""People to whom news may go, as far as Telegram and they themselves are concerned."""
LIMITED = text("limits IS NOT NULL")
"""People who have limits of their own."""
INVITED = text("invited")
"""People whom a private bot lets in."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_WILLING = ("has_chat", "blocked", "quiet")
_CIRCLE = ("bot_id", "id", "last_seen", "first_seen", "banned", "banned_until", "role", "language", "locale", *_WILLING)
_SETTLED_BY = ("bot_id", "person", "state", "size_bytes")
_READING = ("bot_id", "locale", "language", *_WILLING)

inbox = Table(
    "inbox",
    metadata,
    Column("bot_id", BigInteger, primary_key=True),
    Column("update_id", BigInteger, primary_key=True),
    Column("payload", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reason", Text),
    Column("received_at", Instant, nullable=False),
    Index("ix_inbox_pending", "bot_id", "update_id", sqlite_where=PENDING, postgresql_where=PENDING),
    Index("ix_inbox_received", "bot_id", "received_at", "update_id"),
    Index("ix_inbox_prune", "received_at"),
)

people = Table(
    "people",
    metadata,
    Column("bot_id", BigInteger, primary_key=True),
    Column("id", BigInteger, primary_key=True),
    Column("first_name", Text, nullable=False, server_default=text("''")),
    Column("last_name", Text),
    Column("username", Text),
    Column("locale", String(35), nullable=False, server_default="en"),
    Column("language", String(35)),
    Column("role", String(16), nullable=False, server_default="user"),
    Column("blocked", Boolean, nullable=False, server_default=text("false")),
    Column("quiet", Boolean, nullable=False, server_default=text("false")),
    Column("banned", Boolean, nullable=False, server_default=text("false")),
    Column("banned_until", Instant),
    Column("ban_reason", Text),
    Column("ban_told", Boolean, nullable=False, server_default=text("false")),
    Column("invited", Boolean, nullable=False, server_default=text("false")),
    # Whether they have opened a private chat; Telegram lets nobody write to others.
    Column("has_chat", Boolean, nullable=False, server_default=text("false")),
    Column("limits", JSON(none_as_null=True)),
    # Lower case, as far as languages have one: what a search begins with.
    Column("username_key", sorted_text(), nullable=False, server_default=text("''")),
    Column("name_key", sorted_text(), nullable=False, server_default=text("''")),
    Column("surname_key", sorted_text(), nullable=False, server_default=text("''")),
    Column("first_seen", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False),
    Index("ix_people_seen", "bot_id", "last_seen", "id"),
    Index("ix_people_username", "bot_id", "username_key"),
    Index("ix_people_name", "bot_id", "name_key"),
    Index("ix_people_surname", "bot_id", "surname_key"),
    Index("ix_people_staff", "bot_id", "last_seen", "id", sqlite_where=STAFF, postgresql_where=STAFF),
    Index("ix_people_banned", "bot_id", "last_seen", "id", sqlite_where=BANNED, postgresql_where=BANNED),
    Index("ix_people_invited", "bot_id", "last_seen", "id", sqlite_where=INVITED, postgresql_where=INVITED),
    Index("ix_people_limited", "bot_id", "id", sqlite_where=LIMITED, postgresql_where=LIMITED),
    # All that a circle asks for, so that counting 200,000 people reads no row.
    Index("ix_people_reached", *_CIRCLE, sqlite_where=REACHED, postgresql_where=REACHED),
    Index("ix_people_reading", *_READING, sqlite_where=REACHED, postgresql_where=REACHED),
)

chats = Table(
    "chats",
    metadata,
    Column("bot_id", BigInteger, primary_key=True),
    Column("id", BigInteger, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("title", Text),
    Column("status", String(16), nullable=False, server_default="member"),
    Column("first_seen", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    Column("id", serial(), primary_key=True),
    Column("key", Text, nullable=False),
    Column("bot_id", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("destination", AsWord(model.Destination), nullable=False),
    Column("locale", String(35), nullable=False),
    Column("url", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("link", AsWord(model.Link)),
    Column("probe", AsWord(model.Probe)),
    Column("recipe", AsWord(model.Recipe)),
    Column("listing", AsWord(model.Listing)),
    Column("status_message", BigInteger),
    Column("status_photo", Boolean, nullable=False, server_default=text("false")),
    Column("error", AsWord(model.Text)),
    Column("error_number", Text),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("bot_id", "key"),
    Index("ix_requests_person", "bot_id", "person", "created_at"),
    Index("ix_requests_updated", "updated_at"),
    Index("ix_requests_unfinished", "bot_id", "id", sqlite_where=UNFINISHED, postgresql_where=UNFINISHED),
    Index("ix_requests_lost", "bot_id", "person", sqlite_where=LOST, postgresql_where=LOST),
    # An id that was deleted must not come back: buttons and events name it.
    sqlite_autoincrement=True,
)

entries = Table(
    "entries",
    metadata,
    Column("request_id", serial(), ForeignKey("requests.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("entry", AsWord(model.Entry), nullable=False),
    Column("picked", Boolean, nullable=False, server_default=text("false")),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", serial(), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("link", AsWord(model.Link), nullable=False),
    Column("recipe", AsWord(model.Recipe), nullable=False),
    Column("title", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("checkpoint", AsWord(model.Checkpoint)),
    Column("not_before", Instant),
    Column("error", AsWord(model.Text)),
    Column("error_number", Text),
    Column("person_key", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("tag", Float, nullable=False),
    Column("finish_tag", Float, nullable=False),
    Column("worker", Text),
    Column("taken_from", Text),
    Column("lease", Integer, nullable=False, server_default="0"),
    Column("lease_until", Instant),
    Column("started_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("uq_jobs_open_fingerprint", "fingerprint", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
    Index("ix_jobs_line", "tag", "id", sqlite_where=OPEN, postgresql_where=OPEN),
    Index("ix_jobs_open_person", "person_key", "state", sqlite_where=OPEN, postgresql_where=OPEN),
    Index("ix_jobs_running", "person_key", "lease_until", sqlite_where=RUNNING, postgresql_where=RUNNING),
    Index("ix_jobs_lease", "lease_until", sqlite_where=RUNNING, postgresql_where=RUNNING),
    Index("ix_jobs_due", "not_before", sqlite_where=WAITING, postgresql_where=WAITING),
    Index("ix_jobs_last_tag", "flow", "finish_tag"),
    Index("ix_jobs_ended", "updated_at", sqlite_where=ENDED, postgresql_where=ENDED),
    sqlite_autoincrement=True,
)

fair_clock = Table(
    "fair_clock",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tag", Float, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", serial(), primary_key=True),
    Column("job_id", serial(), ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("request_id", serial(), ForeignKey("requests.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("bot_id", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("destination", AsWord(model.Destination), nullable=False),
    Column("state", String(16), nullable=False),
    Column("resends", Integer, nullable=False, server_default="0"),
    Column("receipt", AsWord(model.Receipt)),
    Column("size_bytes", BigInteger, nullable=False, server_default="0"),
    Column("duration_s", Float, nullable=False, server_default="0"),
    Column("error", AsWord(model.Text)),
    Column("error_number", Text),
    Column("created_at", Instant, nullable=False),
    Column("delivered_at", Instant),
    UniqueConstraint("job_id", "request_id", "position"),
    Index("ix_deliveries_request", "request_id", "position"),
    Index("ix_deliveries_person", "bot_id", "person", "created_at"),
    # All that a person's card adds up, so that no row of a busy one is read.
    Index("ix_deliveries_settled", *_SETTLED_BY, sqlite_where=SETTLED, postgresql_where=SETTLED),
    Index("ix_deliveries_awaited", "bot_id", "person", sqlite_where=AWAITED, postgresql_where=AWAITED),
    # Part of each message's random id: must never be given twice.
    sqlite_autoincrement=True,
)

ledger = Table(
    "ledger",
    metadata,
    Column("delivery_id", serial(), ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("value", JSON, nullable=False),
    Column("written_at", Instant, nullable=False),
)

cache = Table(
    "cache",
    metadata,
    Column("bot_id", BigInteger, primary_key=True),
    Column("fingerprint", String(64), primary_key=True),
    Column("plugin", Text, nullable=False),
    Column("receipt", AsWord(model.Receipt), nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_cache_expires_at", "expires_at"),
)

events = Table(
    "events",
    metadata,
    Column("id", serial(), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("bot_id", BigInteger, nullable=False, server_default="0"),
    Column("person", BigInteger),
    Column("request_id", BigInteger),
    Column("job_id", BigInteger),
    Column("plugin", Text),
    Column("data", JSON, nullable=False),
    # Which transaction wrote it, where several may at once; see `EventStore.after`.
    Column("tx", BigInteger, nullable=False, server_default="0"),
    Index("ix_events_at", "at"),
    Index("ix_events_tx", "tx", "id"),
    # Observers remember the last id that they saw.
    sqlite_autoincrement=True,
)

event_cursors = Table(
    "event_cursors",
    metadata,
    Column("plugin", Text, primary_key=True),
    Column("event_id", BigInteger, nullable=False),
)

menus = Table(
    "menus",
    metadata,
    Column("token", String(16), primary_key=True),
    Column("bot_id", BigInteger, nullable=False),
    Column("chat", BigInteger, nullable=False),
    Column("owner", BigInteger, nullable=False),
    Column("buttons", JSON, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_menus_expires_at", "expires_at"),
)

asks = Table(
    "asks",
    metadata,
    Column("bot_id", BigInteger, primary_key=True),
    Column("chat", BigInteger, primary_key=True),
    Column("person", BigInteger, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("plugin", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("args", JSON, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_asks_expires_at", "expires_at"),
)

commands = Table(
    "commands",
    metadata,
    Column("id", serial(), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("args", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("result", JSON),
    Column("created_at", Instant, nullable=False),
    Column("done_at", Instant),
    Index("ix_commands_pending", "id", sqlite_where=PENDING, postgresql_where=PENDING),
    sqlite_autoincrement=True,
)

overrides = Table(
    "overrides",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", JSON, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Instant, nullable=False),
)
