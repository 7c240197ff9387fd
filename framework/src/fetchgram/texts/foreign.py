"""Foreign text inside our sentences: never markup, never able to turn the line around."""

from __future__ import annotations

import re
import unicodedata

_GUARDS = {"<": "\ue0f1", ">": "\ue0f2", '"': "\ue0f3"}
"""Private use characters stand for what the markup is made of until the markup has been read."""

_GUARD = str.maketrans(_GUARDS)
_REVEAL = str.maketrans({guard: char for char, guard in _GUARDS.items()})
_BIDI_CONTROLS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNWANTED = re.compile(f"[{_BIDI_CONTROLS}]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_UNSENDABLE = re.compile(f"[\ud800-\udfff{''.join(_GUARDS.values())}]")
_TOKEN = re.compile(r"[A-Za-z0-9_.-]+")
_RTL_LANGUAGES = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_ISOLATE, _END = "\u2068", "\u2069"


def is_rtl(locale: str) -> bool:
    """Tell whether a language is written from right to left."""
    return locale.replace("_", "-").partition("-")[0].lower() in _RTL_LANGUAGES


def guard(value: str, *, rtl: bool) -> str:
    """Make foreign text safe to stand in a sentence.

    Args:
        value: As it came.
        rtl: Whether the sentence is written from right to left.
    """
    clean = _UNSENDABLE.sub("\ufffd", _UNWANTED.sub("", value)).translate(_GUARD)
    return f"{_ISOLATE}{clean}{_END}" if _needs_isolation(clean, rtl=rtl) else clean


def reveal(rendered: str) -> str:
    """Return the text as people see it, once no markup is read any more."""
    return rendered.translate(_REVEAL)


def _needs_isolation(value: str, *, rtl: bool) -> bool:
    """Isolate what runs against the sentence (https://www.w3.org/International/articles/inline-bidi-markup/)."""
    against = {"L"} if rtl else {"R", "AL", "AN"}
    if rtl and _TOKEN.fullmatch(value):
        return False
    return any(unicodedata.bidirectional(char) in against for char in value)
