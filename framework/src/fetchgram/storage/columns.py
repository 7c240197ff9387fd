"""How our values rest in columns: instants as whole milliseconds, words as versioned JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import JSON, BigInteger, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from fetchgram.model import Json, Word, decode, encode

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(at: datetime) -> int:
    """Return milliseconds since 1970; parts of one are cut off.

    Raises:
        ValueError: If the instant has no time zone: nobody could say later which one was meant.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone")
    return (at - _EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    """Return the instant in UTC."""
    return _EPOCH + ms * _MILLISECOND


class Instant(TypeDecorator[datetime]):
    """An aware datetime outside, milliseconds since 1970 inside: sortable and equal on every engine."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  # SQLAlchemy passes it
        """Turn an instant into milliseconds."""
        return None if value is None else to_ms(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # the same
        """Turn milliseconds into an instant."""
        return None if value is None else from_ms(value)


class AsWord(TypeDecorator[Word]):
    """A word, or a union of words, as its JSON object.

    Args:
        kind: What `decode` builds from it.
    """

    impl = JSON
    cache_ok = True

    def __init__(self, kind: object) -> None:
        super().__init__(none_as_null=True)
        self.kind = kind

    def process_bind_param(self, value: Word | None, dialect: Dialect) -> dict[str, Json] | None:  # noqa: ARG002  # the same
        """Turn a word into JSON."""
        return None if value is None else encode(value)

    def process_result_value(self, value: dict[str, Json] | None, dialect: Dialect) -> Word | None:  # noqa: ARG002  # the same
        """Turn JSON into a word."""
        return None if value is None else decode(cast("type[Word]", self.kind), value)


def sorted_text() -> TypeEngine[str]:
    """Return the type of texts whose order is that of their characters: only so does an index find a beginning."""
    return Text().with_variant(Text(collation="C"), "postgresql")


def serial() -> TypeEngine[int]:
    """Return the type of ids that the database gives: SQLite counts only in a column that is called INTEGER."""
    return BigInteger().with_variant(Integer(), "sqlite")
