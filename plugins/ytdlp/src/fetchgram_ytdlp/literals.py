"""What must stand in a URL for a regular expression to match it: literals, found by reading the expression."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from re import _constants as codes  # type: ignore[attr-defined]  # private, but the one parser that cannot disagree
from re import _parser as parser  # type: ignore[attr-defined]  # the same

SHORTEST = 3
_PREFIXES = re.compile(r"^(?:https?)?(?:s?:)?(?://)?(?:www\.)?")
_COMMON = frozenset({".com", ".com/", ".net", ".org", "video", "watch", "embed", "/video", "videos", "html", "index"})


def required_literals(pattern: str) -> frozenset[str]:
    """Return case-folded literals of which at least one stands in every URL that `pattern` matches.

    Empty when there are none that help: such an expression has to be tried on every URL.
    """
    found = _of_sequence(parser.parse(pattern))
    return found if _worth(found) >= SHORTEST else frozenset()


def _of_sequence(items: Iterable[tuple[object, object]]) -> frozenset[str]:
    """Choose the best necessary condition among those of the parts, all of which have to match."""
    best: frozenset[str] = frozenset()
    run = ""
    for code, argument in items:
        if code is codes.LITERAL:
            run += chr(int(str(argument))).casefold()
            continue
        if code in (codes.ASSERT_NOT, codes.AT):  # of no width: what stands on both sides still adjoins
            continue
        best = _better(best, _of_run(run), _of_item(code, argument))
        run = ""
    return _better(best, _of_run(run))


def _of_run(run: str) -> frozenset[str]:
    trimmed = _PREFIXES.sub("", run)
    return frozenset({trimmed}) if trimmed else frozenset()


def _of_item(code: object, argument: object) -> frozenset[str]:
    parts = argument if isinstance(argument, tuple) else (argument,)
    if code is codes.BRANCH:
        return _of_branches(parts[1])
    if code in (codes.SUBPATTERN, codes.ATOMIC_GROUP, codes.ASSERT):
        return _of_sequence(parts[-1])
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT) and parts[0] > 0:
        return _of_sequence(parts[-1])
    return frozenset()


def _of_branches(branches: Sequence[Iterable[tuple[object, object]]]) -> frozenset[str]:
    each = [_of_sequence(branch) for branch in branches]
    return frozenset().union(*each) if all(each) else frozenset()


def _better(*candidates: frozenset[str]) -> frozenset[str]:
    return max(candidates, key=_worth)


def _worth(literals: frozenset[str]) -> int:
    return min((0 if literal in _COMMON else len(literal) for literal in literals), default=0)
