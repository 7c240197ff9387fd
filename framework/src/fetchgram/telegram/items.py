"""How the items of a list stand, on one status message: each by itself where they are few, else in groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from fetchgram.model import DeliveryState, JobState, Request, RequestState, Stage, Text, text
from fetchgram.pipeline.audience import News, Progress, Retrying, Working
from fetchgram.pipeline.ranges import show
from fetchgram.storage.items import Item
from fetchgram.telegram.bars import bar_of, share_of
from fetchgram.telegram.picker import list_wish, wish_text
from fetchgram.telegram.views import Key, View, key_of

_FEW = 12
"""So many items, and each has its line with its title."""
_TITLE = 40
"""Longest title in a line, in characters: a line of a phone and a half."""
_FAILURES = 5
"""So many failures, and each has its line; more are put together by their reason."""
_ICONS = {Stage.DOWNLOAD: "telegram-item-download", Stage.POST_PROCESS: "telegram-item-process"}
_AT_WORK = (JobState.RUNNING, JobState.WAITING)

Live = Mapping[int, News]


def items_view(request: Request, items: Sequence[Item], live: Live) -> View:
    """Return how a list stands.

    Args:
        request: The list; ended or not.
        items: In its order.
        live: The latest news of each item at work.
    """
    counts = {state: sum(item.state is state for item in items) for state in DeliveryState}
    head = [text("telegram-title", title=request.title)]
    if request.state.ended:
        head.append(_result(request, items, counts))
    else:
        wish = list_wish(request.recipe.choice) if request.recipe else ""
        ended = sum(item.state.ended for item in items)
        bar = bar_of(ended / len(items)) if items else ""
        head.append(text("telegram-items-running", bar=bar, ended=ended, total=len(items), wish=wish))
    lines = _each(items, live) if len(items) <= _FEW else _grouped(items, live)
    return View((*head, *lines), _rows(request, items, counts))


def _result(request: Request, items: Sequence[Item], counts: Mapping[DeliveryState, int]) -> Text:
    return text(
        "telegram-items-cancelled" if request.state is RequestState.CANCELLED else "telegram-items-ended",
        done=counts[DeliveryState.DELIVERED],
        failed=counts[DeliveryState.FAILED],
        uncertain=counts[DeliveryState.UNCERTAIN],
        cancelled=counts[DeliveryState.CANCELLED],
        total=len(items),
    )


def _rows(request: Request, items: Sequence[Item], counts: Mapping[DeliveryState, int]) -> tuple[tuple[Key, ...], ...]:
    if not request.state.ended:
        rest = any(item.state is DeliveryState.WAITING and item.job_state is JobState.QUEUED for item in items)
        stop = (key_of(request, "telegram-items-rest", "list-rest"),) if rest else ()
        return ((*stop, key_of(request, "button-cancel", "cancel")),)
    again = []
    if failed := counts[DeliveryState.FAILED]:
        again.append((Key(text("telegram-items-retry", count=failed), "list-retry", {"request": request.id}),))
    if unsure := counts[DeliveryState.UNCERTAIN]:
        again.append((Key(text("telegram-items-again", count=unsure), "list-again", {"request": request.id}),))
    return tuple(again)


def _each(items: Sequence[Item], live: Live) -> list[Text]:
    return [_line(item, live) for item in items]


def _grouped(items: Sequence[Item], live: Live) -> list[Text]:
    """Put what is quiet together; what moves has its own line."""
    done = [item for item in items if item.state is DeliveryState.DELIVERED]
    failed = [item for item in items if item.state is DeliveryState.FAILED]
    moving = [item for item in items if not item.state.ended and _is_at_work(item, live)]
    waiting = [item for item in items if not item.state.ended and not _is_at_work(item, live)]
    unsure = [item for item in items if item.state is DeliveryState.UNCERTAIN]
    stopped = [item for item in items if item.state is DeliveryState.CANCELLED]
    failures = [_line(item, live) for item in failed]
    if len(failed) > _FAILURES:
        failures = _groups("telegram-items-failed", failed, lambda item: item.error or text("error-internal"))
    return [
        *_groups("telegram-items-done", done, lambda item: wish_text(item.choice)),
        *failures,
        *(_line(item, live) for item in moving),
        *_together("telegram-items-uncertain", unsure),
        *_together("telegram-items-waiting", waiting),
        *_together("telegram-items-stopped", stopped),
    ]


def _together(key: str, items: Sequence[Item]) -> tuple[Text, ...]:
    return (text(key, numbers=show([item.position for item in items])),) if items else ()


def _groups(key: str, items: Iterable[Item], about: Callable[[Item], Text]) -> list[Text]:
    groups: dict[str, tuple[Text, list[int]]] = {}
    for item in items:
        what = about(item)
        groups.setdefault(repr(what), (what, []))[1].append(item.position)
    return [text(key, numbers=show(positions), what=what) for what, positions in groups.values()]


def _is_at_work(item: Item, live: Live) -> bool:
    return item.job_state in _AT_WORK or item.state is DeliveryState.SENDING or item.position in live


def _line(item: Item, live: Live) -> Text:
    about: dict[str, str | int] = {"number": item.position, "title": _short(item.title)}
    match item.state:
        case DeliveryState.DELIVERED:
            return text("telegram-item-done", **about, what=wish_text(item.choice))
        case DeliveryState.FAILED:
            return text("telegram-item-failed", **about, error=item.error or text("error-internal"))
        case DeliveryState.UNCERTAIN:
            return text("telegram-item-uncertain", **about)
        case DeliveryState.CANCELLED:
            return text("telegram-item-stopped", **about)
        case _:
            return _moving(item, live.get(item.position), about)


def _moving(item: Item, news: News | None, about: Mapping[str, str | int]) -> Text:
    match news:
        case Progress() | Working():
            percent = int(share_of(news) * 100) if isinstance(news, Progress) else 0
            return text(_ICONS.get(news.stage, "telegram-item-upload"), **about, percent=percent)
        case Retrying():
            return text("telegram-item-retrying", **about, error=news.error)
        case _ if item.job_state in _AT_WORK:
            return text("telegram-item-looking", **about)
        case _:
            return text("telegram-item-waiting", **about)


def _short(title: str) -> str:
    return title if len(title) <= _TITLE else f"{title[: _TITLE - 1].rstrip()}…"
