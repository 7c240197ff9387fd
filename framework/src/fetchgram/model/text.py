"""Everything a person reads: a key into the catalogues and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fetchgram.model.codec import Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Word):
    """A sentence by key; resolved per locale where it is shown, never before.

    Args:
        key: Key in a catalogue, `<plugin>-<name>` for a plugin's own (Fluent message id).
        params: What the sentence is about; strings are foreign text and are never read as markup.
    """

    key: str
    params: Mapping[str, str | int | float | Text] = field(default_factory=dict, hash=False)


def text(key: str, **params: str | float | Text) -> Text:
    """Build a `Text` in a readable way: `text("error-too-large", size=..., limit=...)`."""
    return Text(key=key, params=params)
