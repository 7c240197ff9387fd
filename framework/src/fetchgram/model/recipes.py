"""What is to be made of a link: `Option` on the menu, `Step`, `Recipe` and its fingerprint."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from enum import StrEnum

from fetchgram.model.codec import Word, encode
from fetchgram.model.links import Choice, Link
from fetchgram.model.text import Text

_PART = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")
"""The canonical form of a time range: seconds from the start, as in `90-165.5`."""
_SIZES = frozenset({"size_bytes", "largest_bytes", "certainty", "width_px"})
"""What is told about the size of a choice changes from look to look, and the choice does not."""


class InputKind(StrEnum):
    """What a person must give for an option; the core parses typed answers."""

    NONE = "none"
    ONE_OF = "one_of"
    SIZE = "size"
    TIME_RANGE = "time_range"
    LANGUAGE = "language"
    TEXT = "text"


class At(StrEnum):
    """Where an option takes effect: `download` reads it from the recipe, `after` reaches `post_process`."""

    DOWNLOAD = "download"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option(Word):
    """What a plugin adds to the menu.

    Args:
        key: `<plugin>.<name>`, as in `compress.fit`.
        label: On the button, emoji first.
        input: What the person must give.
        values: The values of `one_of`.
        size_bytes: Expected size of the result.
        time_s: Expected extra time.
        automatic: Chosen without a tap.
        order: Place among the steps, low first.
        at: Where it takes effect.
        group: Label of the button behind which all options with this label are found; by default each has its own.
        alone: Choosing it takes back the others of its group that are alone too.
        why_not: Why it cannot be had here: said on the menu, in place of a button.
    """

    key: str
    label: Text
    input: InputKind = InputKind.NONE
    values: tuple[str, ...] = ()
    size_bytes: int | None = None
    time_s: float | None = None
    automatic: bool = False
    order: int = 0
    at: At = At.AFTER
    group: Text | None = None
    alone: bool = False
    why_not: Text | None = None

    @property
    def plugin(self) -> str:
        """Name of the plugin that offers it."""
        return self.key.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Word):
    """One chosen option with its input."""

    key: str
    input: str | None = None
    at: At = At.AFTER

    @property
    def plugin(self) -> str:
        """Name of the plugin that does it."""
        return self.key.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(Word):
    """A choice and the ordered steps after it.

    Args:
        choice: What to download.
        steps: In the order of their options.
        settings: Fingerprint of the settings that shape the result.
        schema: The plugin's own schema number: a change voids the cache.
    """

    choice: Choice
    steps: tuple[Step, ...] = ()
    settings: str = ""
    schema: int = 1

    def length_s(self, whole_s: float | None) -> float:
        """Return how long the result is of something so long: a step may leave a part of it; 0 when nobody knows."""
        length_s = whole_s or 0.0
        for step in self.steps:
            if (part := _PART.fullmatch(step.input or "")) is not None:
                start_s, end_s = float(part[1]), float(part[2])
                part_s = max(0.0, min(end_s, whole_s or end_s) - start_s)
                length_s = min(length_s or part_s, part_s)
        return length_s

    def fingerprint(self, link: Link) -> str:
        """Return the key under which equal wishes for equal media meet: 32 hex digits."""
        choice = {name: value for name, value in encode(self.choice).items() if name not in _SIZES}
        steps = [encode(step) for step in self.steps]
        parts = [link.plugin, str(link.kind), link.media_id, choice, steps, self.settings, self.schema]
        canonical = json.dumps(parts, sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()
