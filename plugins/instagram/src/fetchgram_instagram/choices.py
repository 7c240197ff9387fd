"""What can be chosen of a post, and which files a choice means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fetchgram.api import (
    At,
    Certainty,
    Choice,
    ChoiceGone,
    ChoiceKind,
    Link,
    LinkKind,
    Option,
    Page,
    Probe,
    text,
)
from fetchgram.api import Entry as PageEntry
from fetchgram_instagram.captions import rest_of, title_of
from fetchgram_instagram.finds import Find, Item, PostPage
from fetchgram_instagram.links import HOME, ITEM_HINT, PLUGIN, item_link

WHOLE_TEXT = "instagram.whole_text"
LONG_TEXT_HINT = "long_text"
"""What a menu has to know of the text: that no caption holds all of it."""
_LONGEST_TITLE = 80


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file to deliver.

    Args:
        item: Of which item.
        place: Of the item, from 1.
        kind: `video`, `image`, `audio`, `thumbnail`.
    """

    item: Item
    place: int
    kind: ChoiceKind


def probe_of(link: Link, find: Find) -> Probe:
    """Return what can be chosen: all of it, then the item that the link points at, then what films have besides."""
    place = _place_of(link)
    if place is not None and not 1 <= place <= len(find.items):
        raise ChoiceGone(message=f"there is no item {place}")
    only = find.items[place - 1] if place is not None else find.items[0] if len(find.items) == 1 else None
    choices = _of_item(only) if only is not None else (_album(find.items), *_hinted(link, find.items))
    films = [item.duration_s for item in find.items if item.duration_s]
    named = link if place is not None else _named(link, find)
    hints = {**link.hints, LONG_TEXT_HINT: "yes"} if rest_of(find, link.url) else link.hints
    return Probe(
        link=replace(named, hints=hints),
        title=title_of(find),
        choices=choices,
        author=find.author,
        duration_s=films[0] if len(films) == 1 and len(find.items) == 1 else None,
        thumbnail_url=(only or find.items[0]).picture_url,
    )


def wishes_for(probe: Probe) -> tuple[Option, ...]:
    """Return what can be wished for besides a choice: of a long text, also what no caption holds."""
    if LONG_TEXT_HINT not in probe.link.hints:
        return ()
    return (Option(key=WHOLE_TEXT, label=text("instagram-whole-text"), order=50, at=At.DOWNLOAD),)


def wanted(find: Find, link: Link, choice: Choice) -> tuple[Wanted, ...]:
    """Return the files that a choice means.

    Raises:
        ChoiceGone: If the post has no such thing, or no longer.
    """
    place = _place_of(link)
    places = [place] if place is not None else [int(each) for each in choice.items] or range(1, len(find.items) + 1)
    if any(not 1 <= each <= len(find.items) for each in places):
        raise ChoiceGone(probe_of(link, find).choices if place is None else ())
    items = [(find.items[each - 1], each) for each in places]
    if choice.kind is ChoiceKind.ALBUM:
        return tuple(Wanted(item, each, _kind_of(item)) for item, each in items)
    first, number = items[0]
    is_there = choice.kind is _kind_of(first) or (choice.kind in _OF_FILMS and first.film_url is not None)
    if len(items) != 1 or not is_there:
        raise ChoiceGone(probe_of(link, find).choices)
    return (Wanted(first, number, choice.kind),)


def items_page(link: Link, find: Find) -> Page:
    """Return the items of a post as things to pick from."""
    entries = tuple(
        PageEntry(
            link=item_link(link, place),
            title="🎬" if item.film_url else "📷",
            duration_s=item.duration_s,
        )
        for place, item in enumerate(find.items, 1)
    )
    return Page(entries=entries, total=len(entries))


def posts_page(link: Link, page: PostPage) -> Page:
    """Return posts of a profile as things to pick from."""
    entries = tuple(
        PageEntry(
            link=Link(
                plugin=PLUGIN,
                kind=LinkKind.POST,
                media_id=post.code,
                url=f"{HOME}/p/{post.code}/",
                within=link.url,
            ),
            title=post.text.strip().partition("\n")[0][:_LONGEST_TITLE] or post.code,
        )
        for post in page.posts
    )
    return Page(entries=entries, next_cursor=page.next_cursor, total=page.total)


_OF_FILMS = frozenset({ChoiceKind.AUDIO, ChoiceKind.THUMBNAIL})


def _album(items: Sequence[Item]) -> Choice:
    known = [item.size_bytes for item in items if item.size_bytes is not None]
    are_all_known = len(known) == len(items)
    return Choice(
        kind=ChoiceKind.ALBUM,
        size_bytes=sum(known) if are_all_known else None,
        largest_bytes=max(known, default=None),
        certainty=Certainty.EXACT if are_all_known else Certainty.UNKNOWN,
    )


def _of_item(item: Item) -> tuple[Choice, ...]:
    if item.film_url is None:
        return (_single(item),)
    return (
        _single(item),
        Choice(kind=ChoiceKind.AUDIO, codec="aac", container="m4a"),
        Choice(kind=ChoiceKind.THUMBNAIL, container="jpg"),
    )


def _hinted(link: Link, items: Sequence[Item]) -> tuple[Choice, ...]:
    """Return a choice for the item that was looked at when the link was copied."""
    hint = link.hints.get(ITEM_HINT, "")
    place = int(hint) if hint.isdecimal() else 0
    return (_single(items[place - 1], (str(place),)),) if 1 <= place <= len(items) else ()


def _single(item: Item, items: tuple[str, ...] = ()) -> Choice:
    certainty = Certainty.EXACT if item.size_bytes is not None else Certainty.UNKNOWN
    if item.film_url is None:
        return Choice(
            kind=ChoiceKind.IMAGE, items=items, container="jpg", size_bytes=item.size_bytes, certainty=certainty
        )
    return Choice(
        kind=ChoiceKind.VIDEO,
        items=items,
        height_px=item.quality_px,
        container="mp4",
        size_bytes=item.size_bytes,
        certainty=certainty,
    )


def _kind_of(item: Item) -> ChoiceKind:
    return ChoiceKind.VIDEO if item.film_url is not None else ChoiceKind.IMAGE


def _named(link: Link, find: Find) -> Link:
    """Name what changes by what it is now, and say that there is more to pick from."""
    is_list = len(find.items) > 1 or link.kind is LinkKind.PROFILE
    return Link(
        plugin=link.plugin,
        kind=link.kind,
        media_id=find.media_id,
        url=link.url,
        within=link.url if is_list else None,
    )


def _place_of(link: Link) -> int | None:
    """Return the item that is all that the link means; `None` if it means the whole."""
    _, slash, place = link.media_id.partition("/")
    return int(place) if slash and link.kind is LinkKind.POST and place.isdecimal() else None
