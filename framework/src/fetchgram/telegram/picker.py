"""The picker: one page of a list on buttons, what of it is picked, and one quality for all of it."""

from __future__ import annotations

from collections.abc import Mapping

from fetchgram.model import Choice, ChoiceKind, Json, LinkKind, Listing, Text, decode, encode, text
from fetchgram.pipeline.lists import Picker
from fetchgram.storage.entries import ListedEntry
from fetchgram.telegram.views import Key, View, cancel_row

WISHES = (
    *(Choice(kind=ChoiceKind.VIDEO, height_px=height_px, at_most=True) for height_px in (1080, 720, 480)),
    Choice(kind=ChoiceKind.AUDIO, at_most=True),
)
_FIRST = (5, 10, 25)
_NEWEST_FIRST = frozenset({LinkKind.CHANNEL, LinkKind.PROFILE})


def picker_view(picker: Picker, *, notice: Text | None = None) -> View:
    """Return the picker: a tap on an entry picks it, one more takes it back."""
    listing = picker.listing
    rows = [
        *((_entry_key(row, picker),) for row in picker.rows),
        *_pages_row(picker),
        *_tools_rows(picker),
        *_wish_row(picker),
        *_start_row(picker),
        (*_back(picker), *cancel_row(picker.request)),
    ]
    lines = (
        text("telegram-list", title=listing.title, author=listing.author or ""),
        text("telegram-list-count", **_counts(picker)),
        *((notice,) if notice is not None else ()),
    )
    return View(lines, tuple(rows))


def wish_of(args: Mapping[str, Json]) -> Choice:
    """Return the wish that a button carries."""
    wish = args["wish"]
    if not isinstance(wish, dict):
        raise ValueError(f"{wish!r} is no wish")
    return decode(Choice, wish)


def wish_text(wish: Choice) -> Text:
    """Say what a wish is, or what it became."""
    if wish.kind is ChoiceKind.VIDEO and wish.height_px:
        return text("choice-video", height=wish.height_px, fps=wish.fps or 0, hdr=int(wish.hdr))
    if wish.kind is ChoiceKind.VIDEO:
        return text("telegram-choice-video")
    return text(f"choice-{wish.kind.value}")


def list_wish(wish: Choice) -> Text | str:
    """Say what each item of a list shall be; empty where there is nothing to say."""
    if wish.kind is not ChoiceKind.VIDEO:
        return wish_text(wish)
    return text("telegram-list-up-to", height=wish.height_px) if wish.height_px else ""


def _counts(picker: Picker) -> dict[str, int]:
    known = picker.listing.total if picker.listing.next_cursor is not None else picker.seen
    return {
        "total": known or 0,
        "seen": picker.seen,
        "picked": picker.picked,
        "limit": picker.limit,
    }


def _entry_key(row: ListedEntry, picker: Picker) -> Key:
    label = text(
        "telegram-list-picked" if row.picked else "telegram-list-entry",
        number=row.position,
        title=row.entry.title,
        duration=row.entry.duration_s or 0,
    )
    return _key(picker, label, "list-tick", position=row.position, picked=not row.picked)


def _pages_row(picker: Picker) -> list[tuple[Key, ...]]:
    number = picker.listing.page
    if not number and not picker.has_next:
        return []
    row = []
    if number:
        row.append(_key(picker, text("telegram-list-before"), "list-page", page=number - 1))
    where = text("telegram-list-page", page=number + 1, pages=picker.pages or 0)
    row.append(_key(picker, where, "list-page", page=number))
    if picker.has_next:
        row.append(_key(picker, text("telegram-list-after"), "list-page", page=number + 1))
    return [tuple(row)]


def _tools_rows(picker: Picker) -> list[tuple[Key, ...]]:
    known = picker.pages is not None and picker.listing.next_cursor is None
    everything = picker.seen if known else picker.limit + 1
    label = "telegram-list-newest" if picker.listing.link.kind in _NEWEST_FIRST else "telegram-list-first"
    first = tuple(
        _key(picker, text(label, count=count), "list-first", count=count)
        for count in _FIRST
        if count < min(everything, picker.limit + 1)
    )
    tools = (
        _key(picker, text("telegram-list-all"), "list-all"),
        _key(picker, text("telegram-list-none"), "list-none"),
        _key(picker, text("telegram-list-ranges"), "list-ask"),
    )
    return [tools, *([first] if first else [])]


def _wish_row(picker: Picker) -> list[tuple[Key, ...]]:
    if _has_one_quality(picker.listing):
        return []
    return [tuple(_wish_key(picker, wish) for wish in WISHES)]


def _has_one_quality(listing: Listing) -> bool:
    return listing.wish.kind is ChoiceKind.VIDEO and listing.wish.height_px is None


def _wish_key(picker: Picker, wish: Choice) -> Key:
    label = wish_text(wish)
    shown = text("telegram-choice-picked", label=label) if wish == picker.listing.wish else label
    return _key(picker, shown, "list-wish", wish=encode(wish))


def _start_row(picker: Picker) -> list[tuple[Key, ...]]:
    if not picker.picked:
        return []
    label = text("telegram-list-start", count=picker.picked, wish=list_wish(picker.listing.wish))
    return [(_key(picker, label, "list-start"),)]


def _back(picker: Picker) -> tuple[Key, ...]:
    probe = picker.request.probe
    if probe is None or probe.is_list:
        return ()
    return (_key(picker, text("button-back"), "list-close"),)


def _key(picker: Picker, label: Text, action: str, **args: Json) -> Key:
    return Key(label, action, {"request": picker.request.id, **args})
