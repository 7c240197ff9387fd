"""A login that outlives the process: key, data centre and account, in a file of mode 0600."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Where an account lives, the key that it logged in with, and who it is.

    Args:
        dc_id: The data centre.
        host: Its address.
        port: Its port.
        key: 256 bytes, secret.
        user_id: The account; 0 before the login.
        server: The setting under which it was made: another server knows nothing of it.
    """

    dc_id: int
    host: str
    port: int
    key: bytes
    user_id: int = 0
    server: str | None = None

    def __repr__(self) -> str:
        """Never show the key."""
        return f"Session(dc_id={self.dc_id}, user_id={self.user_id})"


def load(path: Path) -> Session | None:
    """Read a session; `None` when there is none that can be read."""
    try:
        data = cast("dict[str, object]", json.loads(path.read_text(encoding="ascii")))
        return Session(**{**data, "key": base64.b64decode(str(data["key"]))})  # type: ignore[arg-type] # as `save` wrote it
    except (OSError, ValueError, TypeError, KeyError):
        return None


def save(path: Path, session: Session) -> None:
    """Write a session so that only this user can read it, and whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    data = asdict(session) | {"key": base64.b64encode(session.key).decode()}
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump(data, file)
    draft.replace(path)
