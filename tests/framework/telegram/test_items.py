from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources

import pytest

from fetchgram.model import (
    Chat,
    Choice,
    ChoiceKind,
    DeliveryState,
    JobState,
    Link,
    LinkKind,
    Listing,
    Recipe,
    Request,
    RequestState,
    Stage,
    Text,
    text,
)
from fetchgram.pipeline.audience import News, Progress, Retrying, Working
from fetchgram.storage.items import Item
from fetchgram.telegram.entities import TEXT_UNITS, units
from fetchgram.telegram.items import items_view
from fetchgram.texts import Texts

LINK = Link(plugin="site", kind=LinkKind.PLAYLIST, media_id="l", url="https://site.test/l")
WISH = Choice(kind=ChoiceKind.VIDEO, height_px=720, at_most=True)
WISHED = Request(
    id=1,
    key="k",
    bot_id=1,
    person=7,
    destination=Chat(bot_id=1, chat=7),
    locale="en",
    url=LINK.url,
    state=RequestState.WORKING,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    recipe=Recipe(choice=WISH),
    listing=Listing(link=LINK, title="All films", wish=WISH),
)
DONE, FAILED, WAITING = DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.WAITING


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts.load({"telegram": resources.files("fetchgram.telegram")})


def item(position: int, state: DeliveryState = WAITING, **more: object) -> Item:
    fields = {
        "job_id": position,
        "link": LINK,
        "title": f"Film {position}",
        "choice": dataclasses.replace(WISH, at_most=False) if state is DONE else WISH,
        "job_state": JobState.QUEUED if state is WAITING else JobState.DONE,
    }
    return Item(position=position, state=state, **fields | more)  # type: ignore[arg-type]  # fields of Item


def shown(
    texts: Texts,
    items: Sequence[Item],
    live: dict[int, News] | None = None,
    state: RequestState = RequestState.WORKING,
) -> list[str]:
    view = items_view(dataclasses.replace(WISHED, state=state), items, live or {})
    return [texts.render(line, "en") for line in view.lines]


def test_each_of_a_few_items_says_how_it_stands(texts: Texts) -> None:
    live: dict[int, News] = {
        2: Progress(stage=Stage.DOWNLOAD, done_bytes=45, total_bytes=100),
        3: Progress(stage=Stage.DELIVER, done_bytes=1, total_bytes=4),
        4: Working(stage=Stage.POST_PROCESS),
        5: Retrying(after_s=5, error=text("error-temporary")),
    }
    items = [
        item(1, DONE),
        *(item(position, job_state=JobState.RUNNING) for position in range(2, 7)),
        item(7, FAILED, error=text("error-private")),
        item(8, DeliveryState.UNCERTAIN),
        item(9, DeliveryState.CANCELLED),
        item(10),
    ]
    assert shown(texts, items, live) == [
        "All films",
        "████░░░░░░░░ 4 of 10 · 🎬 up to 720p",
        "✅ 1. Film 1 · 🎬 720p",
        "⬇️ 2. Film 2 45%",
        "⬆️ 3. Film 3 25%",
        "⚙️ 4. Film 4",
        "🔁 5. Film 5 · The site does not answer properly right now. Please try again later.",
        "🔎 6. Film 6",
        "❌ 7. Film 7 · This is private.",
        "❓ 8. Film 8 · may have arrived",
        "✖️ 9. Film 9",
        "⏳ 10. Film 10",
    ]


def test_many_items_stand_in_groups_and_what_moves_by_itself(texts: Texts) -> None:
    lower = Choice(kind=ChoiceKind.VIDEO, height_px=480)
    items = [
        *(item(position, DONE) for position in range(1, 11)),
        item(11, DONE, choice=lower),
        item(12, FAILED, error=text("error-private")),
        *(item(position, DONE) for position in range(13, 15)),
        item(15, job_state=JobState.RUNNING),
        *(item(position) for position in range(16, 51)),
    ]
    assert shown(texts, items, {15: Progress(stage=Stage.DOWNLOAD, done_bytes=1, total_bytes=2)})[2:] == [
        "✅ 1–10, 13–14 · 🎬 720p",
        "✅ 11 · 🎬 480p",
        "❌ 12. Film 12 · This is private.",
        "⬇️ 15. Film 15 50%",
        "⏳ 16–50",
    ]


def test_many_failures_of_one_kind_are_told_once(texts: Texts) -> None:
    items = [item(position, FAILED, error=text("error-private")) for position in range(1, 51)]
    assert shown(texts, items, state=RequestState.FAILED) == [
        "All films",
        "❌ None of 50 arrived · 50 failed",
        "❌ 1–50 · This is private.",
    ]


@pytest.mark.parametrize("count", [12, 50, 500])
def test_the_worst_that_can_be_said_fits_into_a_message(texts: Texts, count: int) -> None:
    title = "🎬" * 200
    errors = ["error-private", "error-gone", "error-age", "error-login", "error-temporary", "error-bot-check"]
    worst: list[Text] = [text(errors[position % len(errors)]) for position in range(count)]
    items = [item(position, FAILED, error=worst[position - 1], title=title) for position in range(1, count + 1)]
    assert units("\n".join(shown(texts, items, state=RequestState.FAILED))) < TEXT_UNITS


def test_buttons_fit_what_can_be_done() -> None:
    def actions(items: Sequence[Item], state: RequestState) -> list[str]:
        view = items_view(dataclasses.replace(WISHED, state=state), items, {})
        return [key.action for row in view.rows for key in row]

    assert actions([item(1, DONE), item(2)], RequestState.WORKING) == ["list-rest", "cancel"]
    assert actions([item(1, job_state=JobState.RUNNING)], RequestState.WORKING) == ["cancel"]
    assert actions([item(1, DONE)], RequestState.DONE) == []
    assert actions([item(1, FAILED), item(2, DeliveryState.UNCERTAIN)], RequestState.FAILED) == [
        "list-retry",
        "list-again",
    ]
