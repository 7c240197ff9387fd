"""Lists at the terminal: which items `--items` names, what `--choice` wishes for each, and which of them failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchgram.cli.output import sentence
from fetchgram.errors import ConfigError
from fetchgram.model import Choice, ChoiceKind, DeliveryState, Request, text
from fetchgram.pipeline.ranges import parse

if TYPE_CHECKING:
    from fetchgram.app import Wired
    from fetchgram.storage.items import Item

ALL = "all"
_BEST = "best"


async def take(route: Wired, request: Request, items: str | None, choice: str) -> Request:
    """Pick the items that were named, each in the quality nearest to the choice, and put them into the queue.

    Raises:
        ConfigError: If none, or none that is there, is named.
        LimitReached: If they are more than may be taken at a time.
    """
    wish = wish_of(choice)
    if items is None:
        raise ConfigError(f"{_told(request)}; name what you want, as in --items 1-5 or --items {ALL}")
    if items == ALL:
        await route.lists.pick_first(request.id)
    elif (ranges := parse(items)) is None:
        raise ConfigError(f"--items {items!r} is not understood; write it like 3-8,12 or {ALL}")
    elif not await route.lists.pick_ranges(request.id, ranges):
        raise ConfigError(f"--items {items!r}: {_told(request)}, and none of these is in it")
    await route.lists.wish(request.id, wish)
    return await route.lists.choose(request.id)


def is_same(request: Request, found: list[Item], items: str | None, choice: str) -> bool:
    """Whether a list at work is what the command asks for."""
    ranges = parse(items or "")
    same_items = items == ALL or (
        ranges is not None and {item.position for item in found} == {place for each in ranges for place in each}
    )
    return same_items and request.recipe is not None and request.recipe.choice == wish_of(choice)


def wish_of(word: str) -> Choice:
    """Return what `--choice` means for each item of a list.

    Raises:
        ConfigError: If it means nothing.
    """
    digits = word.lower().removesuffix("p")
    if word == _BEST:
        return Choice(kind=ChoiceKind.VIDEO, at_most=True)
    if word in set(ChoiceKind):
        return Choice(kind=ChoiceKind(word), at_most=True)
    if digits.isascii() and digits.isdigit():
        return Choice(kind=ChoiceKind.VIDEO, height_px=int(digits), at_most=True)
    raise ConfigError(f"--choice {word!r} is not understood; for a list it is best, audio, or a height such as 720p")


def failures(found: list[Item]) -> list[dict[str, object]]:
    """Describe what did not arrive."""
    return [
        {
            "position": item.position,
            "title": item.title,
            "message": sentence(item.error or text("error-internal")),
        }
        for item in found
        if item.state is not DeliveryState.DELIVERED
    ]


def _told(request: Request) -> str:
    total = request.listing.total if request.listing else None
    return f"this is a list of {total} items" if total else "this is a list"
