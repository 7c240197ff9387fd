"""Error numbers: short, quotable, and the same in the chat, the database and the log."""

from __future__ import annotations

import secrets

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without the signs that people mistake for one another."""

_LENGTH = 6


def error_number() -> str:
    """Draw a number such as `7KQ2MD`: 900 million of them, so that a clash needs ten thousand open errors."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
