"""Progress as text: stage, bar, percent, bytes, speed and the time that is left."""

from __future__ import annotations

from typing import TypeAlias

from fetchgram.model import Request, Stage, Text, text
from fetchgram.pipeline.audience import NoRoom, Progress, Queued, Retrying, Working
from fetchgram.telegram.views import View, cancel_row, key_of, title_line

Live: TypeAlias = Queued | Working | Progress | Retrying | NoRoom
"""News of something that goes on; the next piece of news replaces it."""

_CELLS = 12
_FULL, _EMPTY = "█", "░"
_STAGES = {Stage.DOWNLOAD: "status-download", Stage.POST_PROCESS: "status-process", Stage.DELIVER: "status-upload"}


def working_view(request: Request, news: Live) -> View:
    """Return what is shown while nothing is decided yet; it can be cancelled in every stage."""
    hurry = ((key_of(request, "button-hurry", "hurry"),),) if isinstance(news, Retrying) else ()
    return View((*title_line(request), *_lines(news)), (*hurry, cancel_row(request)))


def share_of(news: Progress) -> float:
    """Return how much is done, from bytes alone."""
    return min(1.0, news.done_bytes / news.total_bytes) if news.total_bytes else 0.0


def bar_of(share: float) -> str:
    """Draw a bar; full only when it is."""
    filled = int(share * _CELLS)
    return _FULL * filled + _EMPTY * (_CELLS - filled)


def _lines(news: Live) -> tuple[Text, ...]:
    match news:
        case Queued():
            return (text("status-queued", place=news.place, running=news.running, wait=news.wait_s or 0),)
        case Working():
            return (text(_STAGES[news.stage]),)
        case Retrying():
            return (news.error, text("status-retrying", seconds=news.after_s))
        case NoRoom():
            return (text("status-no-room"),)
        case Progress():
            return _progress(news)


def _progress(news: Progress) -> tuple[Text, ...]:
    if news.stage is Stage.DELIVER and share_of(news) >= 1:
        # The Bot API tells nothing of what happens after the last byte (tdlib/telegram-bot-api#37): said as it is.
        return (text("telegram-handing-over"),)
    if news.stage is Stage.POST_PROCESS and news.total_bytes:  # bytes are no measure of work
        share = share_of(news)
        numbers = text("status-share", bar=bar_of(share), percent=int(share * 100), eta=news.eta_s or 0)
        return (text(_STAGES[news.stage]), numbers)
    numbers = text(
        "status-progress",
        bar=bar_of(share_of(news)),
        percent=int(share_of(news) * 100),
        done=news.done_bytes,
        total=news.total_bytes or 0,
        speed=news.speed_bps or 0,
        eta=news.eta_s or 0,
    )
    return (text(_STAGES[news.stage]), numbers)
