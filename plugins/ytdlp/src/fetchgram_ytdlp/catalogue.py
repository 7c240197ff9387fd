"""Which of yt-dlp's extractors claims a URL: its own answer, found without asking all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, Self

from fetchgram_ytdlp.literals import SHORTEST, required_literals

GENERIC = "Generic"


class _Extractor(Protocol):
    """The class methods of an extractor that are used here; yt-dlp is not typed."""

    _VALID_URL: object
    _RETURN_TYPE: str | None

    def ie_key(self) -> str: ...
    def suitable(self, url: str) -> bool: ...
    def get_temp_id(self, url: str) -> str | None: ...
    def _match_valid_url(self, url: str) -> object: ...


@dataclass(frozen=True, slots=True)
class Match:
    """An extractor that claims a URL.

    Args:
        key: Its name.
        returns: `video`, `playlist`, `any`, or `None` when it is not known.
        media_id: What its expression calls `id`.
        is_whole: Whether that is all that the expression takes from the URL, so that it alone names the media.
    """

    key: str
    returns: str | None
    media_id: str | None = None
    is_whole: bool = False


class Catalogue:
    """yt-dlp's extractors in their order, found by literals that their expressions need.

    Args:
        extractors: Classes, in yt-dlp's order.
    """

    def __init__(self, extractors: Iterable[_Extractor]) -> None:
        self._extractors = [each for each in extractors if each.ie_key() != GENERIC]
        self._always: list[int] = []
        index: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, extractor in enumerate(self._extractors):
            literals = _literals_of(extractor)
            if literals is None:
                self._always.append(number)
            for literal in literals or ():
                index[literal[:SHORTEST]][literal].append(number)
        self._index = {start: tuple(found.items()) for start, found in index.items()}

    @classmethod
    def of_ytdlp(cls) -> Self:
        """Read the installed yt-dlp's (about a second, most of it yt-dlp's import)."""
        from yt_dlp.extractor import gen_extractor_classes  # noqa: PLC0415  # only where links are detected

        return cls(gen_extractor_classes())

    def find(self, url: str) -> Match | None:
        """Return the extractor that yt-dlp would take for this URL; `None` when only the generic one is left."""
        for number in sorted({*self._always, *self._candidates(url.casefold())}):
            extractor = self._extractors[number]
            if extractor.suitable(url):
                return _match(extractor, url)
        return None

    def _candidates(self, folded: str) -> Iterator[int]:
        for at in range(len(folded) - SHORTEST + 1):
            for literal, numbers in self._index.get(folded[at : at + SHORTEST], ()):
                if folded.startswith(literal, at):
                    yield from numbers


def _literals_of(extractor: _Extractor) -> frozenset[str] | None:
    """Return what a URL must hold, empty when no URL will do, or `None` when the extractor has to be asked.

    Some extractors narrow their expression by a `suitable` of their own; that none widens it is held by a test.
    """
    expressions = extractor._VALID_URL  # noqa: SLF001  # the documented attribute of every extractor
    if not expressions:
        return frozenset()
    each = [required_literals(one) for one in ([expressions] if isinstance(expressions, str) else list(expressions))]  # type: ignore[call-overload]  # a tuple or list, by yt-dlp's convention
    return frozenset().union(*each) if all(each) else None


def _match(extractor: _Extractor, url: str) -> Match:
    found = extractor._match_valid_url(url)  # noqa: SLF001  # as above
    groups: tuple[object, ...] = getattr(found, "groups", tuple)()
    media_id = extractor.get_temp_id(url)
    is_whole = media_id is not None and all(group in (None, media_id) for group in groups)
    return Match(extractor.ie_key(), extractor._RETURN_TYPE, media_id, is_whole)  # noqa: SLF001  # as above
