from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fetchgram.cli.menu import pick
from fetchgram.errors import ConfigError
from fetchgram.model import Choice, ChoiceKind, Folder, Request, RequestState, text
from fetchgram.pipeline.menu import ChoiceRow, Menu

CHOICES = (
    Choice(kind=ChoiceKind.VIDEO, height_px=1080),
    Choice(kind=ChoiceKind.VIDEO, height_px=720),
    Choice(kind=ChoiceKind.VIDEO, height_px=360),
    Choice(kind=ChoiceKind.AUDIO),
)
REQUEST = Request(
    id=1,
    key="k",
    bot_id=0,
    person=0,
    destination=Folder(path=Path("out")),
    locale="en",
    url="u",
    state=RequestState.CHOOSING,
    created_at=datetime(2030, 1, 1, tzinfo=UTC),
)


def _menu(*, deliverable: int = len(CHOICES)) -> Menu:
    """The last ones of the choices can be delivered."""
    first = len(CHOICES) - deliverable
    rows = tuple(
        ChoiceRow(index=index, choice=choice, route="folder")
        if index >= first
        else ChoiceRow(index=index, choice=choice, route=None, why_not=text("route-none"))
        for index, choice in enumerate(CHOICES)
    )
    return Menu(request=REQUEST, rows=rows, best=first if deliverable else None)


@pytest.mark.parametrize(
    ("word", "index"),
    [("best", 0), ("audio", 3), ("video", 0), ("720p", 1), ("720P", 1), ("720", 1), ("1000p", 1), ("4320p", 0)],
)
def test_a_word_means_a_kind_or_the_nearest_height_that_is_not_above(word: str, index: int) -> None:
    assert pick(_menu(), word) == index


@pytest.mark.parametrize("word", ["image", "359p", "0", "nonsense", "", "²", "-1", "p"])
def test_anything_else_is_wrong_and_is_told_what_there_is(word: str) -> None:
    with pytest.raises(ConfigError, match=r"there is: best, 1080p, 720p, 360p, audio$"):
        pick(_menu(), word)


def test_what_cannot_be_delivered_is_not_there() -> None:
    assert pick(_menu(deliverable=2), "best") == 2
    assert pick(_menu(deliverable=2), "1080p") == 2
    with pytest.raises(ConfigError, match="there is: nothing that can be saved"):
        pick(_menu(deliverable=0), "best")
