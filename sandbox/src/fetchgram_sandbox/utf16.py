"""Texts measured as Telegram measures them: in UTF-16 code units."""

from __future__ import annotations


def length(text: str) -> int:
    """Return the length of a text in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def offset_of(text: str, index: int) -> int:
    """Return the UTF-16 offset of a character index."""
    return length(text[:index])


def is_boundary(text: str, offset: int) -> bool:
    """Say whether an offset lies between two characters and not inside a surrogate pair."""
    units = text.encode("utf-16-le", "surrogatepass")
    at = units[offset * 2 : offset * 2 + 2]
    return not at or not 0xDC00 <= int.from_bytes(at, "little") <= 0xDFFF  # noqa: PLR2004 - the low surrogates


def piece(text: str, offset: int, units: int) -> str:
    """Cut a piece out of a text."""
    data = text.encode("utf-16-le", "surrogatepass")
    return data[offset * 2 : (offset + units) * 2].decode("utf-16-le", "replace")
