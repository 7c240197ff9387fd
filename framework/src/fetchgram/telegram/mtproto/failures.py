"""What can go wrong below a call, told apart by what the caller has to do."""

from __future__ import annotations

import re

_WAIT = re.compile(r"^(?:FLOOD|FLOOD_PREMIUM|SLOWMODE|TAKEOUT_INIT_DELAY)_(?:WAIT_)?(\d+)$")
_MISSING = re.compile(r"^FILE_PART_(\d+)_MISSING$")
_MIGRATE = re.compile(r"^(?:USER|PHONE|NETWORK|FILE)_MIGRATE_(\d+)$")
_TRANSIENT = frozenset(
    {"TIMEOUT", "Timeout", "RPC_CALL_FAIL", "RPC_MCGET_FAIL", "MSG_WAIT_FAILED", "WORKER_BUSY_TOO_LONG_RETRY"}
)
_SERVER_ERRORS = 500


class Lost(Exception):
    """The connection is gone; whether the call was carried out is unknown."""


class KeyLost(Lost):
    """The server does not know our key any more: log in again."""


class NoAnswer(Exception):
    """Nothing came in time; whether the call was carried out is unknown."""


class RelayFailed(Exception):
    """The user account could not bring a file to the relay chat; its cause says why."""


class Refused(Exception):
    """The server answered with an error, as core.telegram.org/api/errors lists them."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code, self.message = code, message

    @property
    def wait_s(self) -> int | None:
        """Return how long to wait before the same call may be made again."""
        return _number(_WAIT, self.message)

    @property
    def missing_part(self) -> int | None:
        """Return the part that the server lost."""
        return _number(_MISSING, self.message)

    @property
    def data_centre(self) -> int | None:
        """Return where the account or the file lives, when it is not here."""
        return _number(_MIGRATE, self.message)

    @property
    def is_transient(self) -> bool:
        """Whether the same call may succeed in a moment."""
        return self.message in _TRANSIENT or (self.code >= _SERVER_ERRORS and self.message != "RANDOM_ID_DUPLICATE")

    @property
    def is_login_lost(self) -> bool:
        """Whether the account has to log in again."""
        return self.code == 401  # noqa: PLR2004  # "unauthorized"


def _number(pattern: re.Pattern[str], message: str) -> int | None:
    found = pattern.match(message)
    return int(found[1]) if found else None
