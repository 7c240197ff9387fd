"""The card of a link: title, author, duration, and every choice with its size and way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from fetchgram.model import Certainty, Choice, ChoiceKind, Json, Option, Request, Text, text
from fetchgram.pipeline.menu import ChoiceRow, Menu
from fetchgram.telegram.views import Key, View, cancel_row

_MOST_CHOICES = 40
"""core.telegram.org/bots/api#inlinekeyboardmarkup takes 100 buttons; nobody reads so many."""
_WAYS = frozenset({"cache", "mtproto", "relay", "split"})
"""Ways other than the usual one stand on the button itself: at once, large, or in parts."""
_USUAL_WAY = "botapi"
_PLAIN_CODECS = frozenset({None, "h264"})


def card_view(menu: Menu, *, notice: Text | None = None) -> View:
    """Return the card: one tap on a choice starts it."""
    request = menu.request
    rows = menu.rows[:_MOST_CHOICES]
    labels = labels_of(rows)
    keys = [Key(labels[row.index], "pick", {"request": request.id, "index": row.index}) for row in rows]
    videos = [key for key, row in zip(keys, rows, strict=True) if row.choice.kind is ChoiceKind.VIDEO]
    others = [key for key, row in zip(keys, rows, strict=True) if row.choice.kind is not ChoiceKind.VIDEO]
    grid = [*_best(menu), *_pairs(videos), *_pairs(others)]
    if _asks_something(menu.options):
        grid.append((Key(text("telegram-options"), "options", {"request": request.id, "index": menu.best}),))
    if request.link is not None and request.link.within is not None:
        grid.append((Key(text("telegram-list-whole"), "list-open", {"request": request.id}),))
    lines = (*card_lines(request, notice), *menu.reasons, *_may_not_play(rows), *_usual_way(rows))
    return View(lines, (*grid, cancel_row(request)))


def card_lines(request: Request, notice: Text | None = None) -> tuple[Text, ...]:
    """Return the lines of the card."""
    probe = request.probe
    if probe is None:
        return ()
    head = text("card", title=probe.title, author=probe.author or "", duration=probe.duration_s or 0)
    return tuple(line for line in (head, probe.notice, notice) if line is not None)


def _may_not_play(rows: Sequence[ChoiceRow]) -> tuple[Text, ...]:
    """Say which names on the buttons stand for what some phones do not play."""
    doubtful = [row.choice for row in rows if not row.choice.plays_everywhere]
    names = dict.fromkeys(name for choice in doubtful for name in (_codec(choice), "HDR" if choice.hdr else "") if name)
    return (text("card-may-not-play", names=", ".join(names)),) if names else ()


def _usual_way(rows: Sequence[ChoiceRow]) -> tuple[Text, ...]:
    """Say once how the choices arrive whose button does not say it."""
    if not any(row.route == _USUAL_WAY for row in rows):
        return ()
    return (text("telegram-way", way=text(f"route-{_USUAL_WAY}")),)


def labels_of(rows: Sequence[ChoiceRow]) -> Mapping[int, Text]:
    """Return what each choice is called; what makes two alike differ is added."""
    names = Counter(_name(row.choice) for row in rows)
    return {row.index: _label(row, alike=names[_name(row.choice)] > 1) for row in rows}


def automatic(options: Sequence[Option]) -> dict[str, Json]:
    """Return the options that are chosen without a tap, as key and input."""
    return {option.key: None for option in options if option.automatic}


def _best(menu: Menu) -> list[tuple[Key, ...]]:
    if menu.best is None:
        return []
    row = next(row for row in menu.rows if row.index == menu.best)
    if sum(other.choice.kind is row.choice.kind for other in menu.rows) < 2:  # noqa: PLR2004  # one is the best already
        return []
    first = next(other for other in menu.rows if other.route is not None)
    label = _with_size(text("choice-best" if row is first else "choice-best-everywhere"), row, detail="")
    return [(Key(label, "pick", {"request": menu.request.id, "index": row.index}),)]


def _pairs(keys: Sequence[Key]) -> list[tuple[Key, ...]]:
    return [tuple(keys[start : start + 2]) for start in range(0, len(keys), 2)]


def _asks_something(options: Sequence[Option]) -> bool:
    return any(not option.automatic for option in options)


def _name(choice: Choice) -> tuple[ChoiceKind, int | None, int | None, bool]:
    return choice.kind, choice.height_px, choice.fps, choice.hdr


def file_line(choice: Choice) -> Text:
    """Say what a file is that is here already: no way of arrival, since something else will arrive."""
    is_picture = choice.kind is ChoiceKind.IMAGE and choice.width_px
    detail = f"{choice.width_px} × {choice.height_px}" if is_picture else ""
    return text("telegram-choice", what=_what(choice), detail=detail, size=_size(choice), way="")


def _label(row: ChoiceRow, *, alike: bool) -> Text:
    choice = row.choice
    label = _with_size(_what(choice), row, detail=_detail(choice) if alike else _codec(choice))
    return label if row.route is not None else text("telegram-choice-blocked", label=label)


def _what(choice: Choice) -> Text:
    if choice.kind is ChoiceKind.VIDEO and choice.height_px:
        return text("choice-video", height=choice.height_px, fps=choice.fps or 0, hdr=int(choice.hdr))
    return text(f"choice-{choice.kind.value}" if choice.kind is not ChoiceKind.VIDEO else "telegram-choice-video")


def _codec(choice: Choice) -> str:
    """Name the codec of a video that does not play on every phone."""
    is_plain = choice.kind is not ChoiceKind.VIDEO or choice.codec in _PLAIN_CODECS
    return "" if is_plain else (choice.codec or "").upper()


def _detail(choice: Choice) -> str:
    bitrate = f"{choice.bitrate_kbps} kbit/s" if choice.bitrate_kbps else None
    parts = (choice.language, (choice.codec or choice.container or "").upper(), bitrate)
    return " ".join(part for part in parts if part)


def _with_size(what: Text, row: ChoiceRow, *, detail: str) -> Text:
    way = text(f"route-{row.route}") if row.route in _WAYS else ""
    return text("telegram-choice", what=what, detail=detail, size=_size(row.choice), way=way)


def _size(choice: Choice) -> Text:
    if choice.size_bytes is None or choice.certainty is Certainty.UNKNOWN:
        return text("size-unknown")
    key = "size-exact" if choice.certainty is Certainty.EXACT else "size-about"
    return text(key, size=choice.size_bytes)
