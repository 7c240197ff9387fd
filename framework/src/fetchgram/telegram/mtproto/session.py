"""A login that outlives the process: key, data centre and account, in a file of mode 0600 or in a secret setting."""

from __future__ import annotations

import base64
import binascii
import json
import os
import struct
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, cast

from fetchgram.errors import ConfigError

_CENTRES = {
    1: ("149.154.175.53", 443),
    2: ("149.154.167.51", 443),
    3: ("149.154.175.100", 443),
    4: ("149.154.167.91", 443),
    5: ("91.108.56.130", 443),
}
"""Where the data centres have been for a decade; a session string names only the number (my.telegram.org/apps)."""
FIRST_DC = 2
"""Where new clients begin; the account's own data centre is learnt at the login (core.telegram.org/api/datacenter)."""
_STRING = ">BI?256sQ?"
"""Data centre, api id, test mode, key, account, whether it is a bot: the form in which Pyrogram's family writes it."""


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
        is_premium: Whether the account had Premium when it was last asked.
    """

    dc_id: int
    host: str
    port: int
    key: bytes
    user_id: int = 0
    server: str | None = None
    is_premium: bool = False

    def __repr__(self) -> str:
        """Never show the key."""
        return f"Session(dc_id={self.dc_id}, user_id={self.user_id})"


class Keeper(Protocol):
    """Where a session is kept."""

    def load(self) -> Session | None:
        """Read it; `None` when there is none that can be read."""
        ...

    def save(self, session: Session) -> None:
        """Keep it."""
        ...

    def forget(self) -> None:
        """Drop it: it has become void."""
        ...

    @property
    def used_at(self) -> datetime | None:
        """Return when it was last used here."""
        ...


class SessionFile:
    """A session in a file that only this user can read; its time is when the session was last used.

    Args:
        path: Of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Session | None:
        """Read it; `None` when there is none that can be read."""
        return load(self._path)

    def save(self, session: Session) -> None:
        """Write it, whole or not at all."""
        save(self._path, session)

    def forget(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)

    @property
    def used_at(self) -> datetime | None:
        """Return when it was last saved, which each use does."""
        try:
            return datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
        except OSError:
            return None


class SessionString:
    """A session from a setting; what is learnt of the account meanwhile is kept in memory.

    Args:
        session: What the setting says.
    """

    def __init__(self, session: Session) -> None:
        self._session: Session | None = session
        self._used_at: datetime | None = None

    def load(self) -> Session | None:
        """Return it; `None` after it has become void."""
        return self._session

    def save(self, session: Session) -> None:
        """Remember what was learnt."""
        self._session, self._used_at = session, datetime.now(UTC)

    def forget(self) -> None:
        """Use it no more."""
        self._session = None

    @property
    def used_at(self) -> datetime | None:
        """Return when this process last used it."""
        return self._used_at


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


def to_string(session: Session, api_id: int) -> str:
    """Write a user's session as a session string, for a secret setting."""
    packed = struct.pack(_STRING, session.dc_id, api_id, False, session.key, session.user_id, False)  # noqa: FBT003  # fields of the form
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def from_string(text: str, server: str | None) -> Session:
    """Read a session string of a user account.

    Args:
        text: As `to_string` or another client of Pyrogram's family writes it.
        server: The setting: where the data centre is, when it is not Telegram's.

    Raises:
        ConfigError: It is none, or of a bot.
    """
    try:
        data = base64.urlsafe_b64decode(text.strip() + "=" * (-len(text.strip()) % 4))
        dc_id, _, _, key, user_id, is_bot = struct.unpack(_STRING, data)
        host, port = address_of(server, dc_id)
    except (binascii.Error, struct.error, ValueError, LookupError) as error:
        raise ConfigError("mtproto.user_session is no session string: `fetchgram login --string` prints one") from error
    if is_bot:
        raise ConfigError("mtproto.user_session is a bot's, and must be a person's")
    return Session(dc_id=dc_id, host=host, port=port, key=key, user_id=user_id, server=server)


def address_of(server: str | None, dc_id: int = FIRST_DC) -> tuple[str, int]:
    """Return where a data centre is: the setting `host:port`, or Telegram's.

    Raises:
        LookupError: Telegram has no data centre of this number.
    """
    if server is None:
        return _CENTRES[dc_id]
    host, _, port = server.rpartition(":")
    return host.strip("[]"), int(port)
