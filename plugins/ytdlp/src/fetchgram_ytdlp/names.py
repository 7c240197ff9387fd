"""What a delivered file is called."""

from __future__ import annotations

import re
import unicodedata

_LONGEST_BYTES = 255
"""Of one name on ext4, APFS and NTFS (NTFS counts UTF-16 units, which are never more than the bytes)."""
_LONGEST_TITLE_BYTES = 160
"""Nobody reads more; leaves room for suffixes that others add."""
_SPACE = re.compile(r"\s+")


def file_name(title: str, container: str) -> str:
    """Return a name that every system takes and that reads from left to right.

    Args:
        title: Foreign text.
        container: Suffix, without its dot; of our own making.
    """
    from pathvalidate import sanitize_filename  # noqa: PLC0415  # only where something is delivered

    shown = "".join(letter for letter in unicodedata.normalize("NFC", title) if _is_shown(letter))
    plain = sanitize_filename(_SPACE.sub(" ", shown), platform="universal", max_len=_LONGEST_BYTES)
    short = _cut(plain, _LONGEST_TITLE_BYTES).strip(" .")
    return f"{short or 'media'}.{container}"


def _is_shown(letter: str) -> bool:
    """Leave out controls, marks of direction (U+202E turns `gpj.exe` round) and halves of characters."""
    return letter.isspace() or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn") or letter == "\u200d"


def _cut(text: str, limit_bytes: int) -> str:
    return text.encode()[:limit_bytes].decode(errors="ignore")
