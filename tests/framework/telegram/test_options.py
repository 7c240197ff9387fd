from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fetchgram.api import Chat, Choice, ChoiceKind, Link, LinkKind, Option, Probe, Request, RequestState, text
from fetchgram.pipeline.menu import ChoiceRow, Menu
from fetchgram.telegram.options import Selection, options_view, sent_file_view

FILM = Choice(kind=ChoiceKind.VIDEO)
LINK = Link(plugin="telegram", kind=LinkKind.FILE, media_id="f", url="telegram:f")
REQUEST = Request(
    id=1,
    key="k",
    bot_id=1,
    person=1,
    destination=Chat(bot_id=1, chat=1),
    locale="en",
    url="telegram:f",
    state=RequestState.CHOOSING,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    link=LINK,
    probe=Probe(link=LINK, title="Holiday", choices=(FILM,)),
)
WHY = text("error-limit")


@pytest.mark.parametrize(
    ("offered", "told"),
    [((), text("telegram-no-options")), ((Option(key="fake.huge", label=WHY, why_not=WHY),), WHY)],
)
def test_of_a_file_that_was_sent_it_is_said_why_nothing_can_be_made_of_it(
    offered: tuple[Option, ...], told: object
) -> None:
    menu = Menu.of(REQUEST, (ChoiceRow(index=0, choice=FILM, route="botapi"),), 0, offered)
    view = sent_file_view(menu)
    assert view.lines[-1] == told
    assert [key.action for row in view.rows for key in row] == ["cancel"]


def test_a_group_with_something_on_has_a_row_of_its_own_since_it_says_what() -> None:
    groups = [text(f"group-{letter}") for letter in "abcde"]
    options = tuple(Option(key=f"fake.{group.key}", label=WHY, group=group) for group in groups)
    menu = Menu.of(REQUEST, (ChoiceRow(index=0, choice=FILM, route="botapi"),), 0, options)
    none, third = Selection(1, 0, {}), Selection(1, 0, {"fake.group-c": None})
    assert [len(row) for row in options_view(menu, none).rows] == [2, 2, 1, 1, 1], "groups, start, cancel"
    assert [len(row) for row in options_view(menu, third).rows] == [2, 1, 2, 1, 1]
    second = Selection(1, 0, {"fake.group-b": None})
    assert [len(row) for row in options_view(menu, second).rows] == [1, 1, 2, 1, 1, 1]


@pytest.mark.parametrize(("title", "is_told"), [("Holiday", True), ("🎬", False)])
def test_of_a_file_that_was_sent_its_name_is_told_where_it_has_one_and_always_what_it_is(
    title: str, *, is_told: bool
) -> None:
    request = replace(REQUEST, probe=Probe(link=LINK, title=title, choices=(FILM,)))
    menu = Menu.of(request, (ChoiceRow(index=0, choice=FILM, route="botapi"),), 0, (Option(key="fake.x", label=WHY),))
    keys = [line.key for line in sent_file_view(menu).lines]
    assert keys == (["card", "telegram-choice"] if is_told else ["telegram-choice"])
