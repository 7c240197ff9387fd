"""What outlives a TCP connection: authorisation keys and the sessions under them."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fetchgram_sandbox.mtproto.keys import key_id

if TYPE_CHECKING:
    from fetchgram_sandbox.mtproto.connection import Connection

_KEY_BYTES = 256
ANSWER, NOTICE = 1, 3
"""The lowest bits of a server's message id: an answer to a request, or something of its own."""


@dataclass(slots=True)
class AuthKey:
    """A key that a client and the server share, and who has logged in with it."""

    key: bytes
    salt: int = field(default_factory=lambda: secrets.randbits(63))
    user_id: int | None = None
    id: bytes = b""

    def __post_init__(self) -> None:
        self.id = key_id(self.key)


@dataclass(slots=True)
class Session:
    """A session lives under a key, not in a connection: it goes on after a cut."""

    id: bytes
    auth: AuthKey
    connection: Connection
    is_new: bool = True
    wants_updates: bool = True
    last_id: int = 0
    content: int = 0

    def next_id(self, kind: int) -> int:
        """Return a message id: the time, strictly rising, with its kind in the lowest bits."""
        now = int(time.time() * 2**32) & ~3
        self.last_id = max(now, (self.last_id & ~3) + 4) | kind
        return self.last_id

    def next_number(self, *, is_content: bool) -> int:
        """Return a message's sequence number; what must be acknowledged has an odd one."""
        number = self.content * 2 + is_content
        self.content += is_content
        return number


class Registry:
    """All keys and sessions of a server."""

    def __init__(self) -> None:
        self.keys: dict[bytes, AuthKey] = {}
        self.sessions: dict[tuple[bytes, bytes], Session] = {}

    def add(self, auth: AuthKey) -> AuthKey:
        """Remember a key."""
        self.keys[auth.id] = auth
        return auth

    def new_key(self, user_id: int) -> AuthKey:
        """Make a key that is logged in already."""
        return self.add(AuthKey(os.urandom(_KEY_BYTES), user_id=user_id))

    def session(self, auth: AuthKey, session_id: bytes, connection: Connection) -> Session:
        """Return the session of a packet, now in this connection."""
        found = self.sessions.get((auth.id, session_id))
        if found is None:
            found = self.sessions[auth.id, session_id] = Session(session_id, auth, connection)
        found.connection = connection
        return found

    def log_out(self, user_id: int) -> None:
        """Void every login of an account, as it does itself in its list of devices."""
        for auth in self.keys.values():
            if auth.user_id == user_id:
                auth.user_id = None

    def forget(self) -> None:
        """Lose every key and session."""
        self.keys.clear()
        self.sessions.clear()
