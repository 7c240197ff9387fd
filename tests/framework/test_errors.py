from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest

from fetchgram import errors
from fetchgram.errors import (
    ChoiceGone,
    ContentUnavailable,
    FetchgramError,
    FfmpegError,
    PluginError,
    Reason,
    TemporarilyUnavailable,
    TooLarge,
    Uncertain,
    WorkerFailed,
    decode,
    encode,
    first_failure,
    may_go_better,
)
from fetchgram.model import Choice, ChoiceKind, text


def _tree(kind: type[FetchgramError]) -> list[type[FetchgramError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _tree(child))]


TREE = [kind for kind in _tree(FetchgramError) if kind.__module__ == errors.__name__]
SPECIAL: list[FetchgramError] = [
    PluginError("it lied", plugin="liar"),
    *(ContentUnavailable(reason, "why") for reason in Reason),
    ContentUnavailable(Reason.UPCOMING, at=datetime(2030, 1, 2, 3, 4, tzinfo=UTC)),
    ChoiceGone((Choice(kind=ChoiceKind.VIDEO, height_px=360),)),
    TooLarge(5, 4),
    TooLarge(None, 4),
    TemporarilyUnavailable("later", retry_after_s=2.5),
    WorkerFailed("KeyError: 'x'", traceback="Traceback …"),
    FfmpegError("refused", "no such filter"),
]


def _over_the_wire(error: Exception) -> FetchgramError:
    return decode(json.loads(json.dumps(encode(error))))


def test_the_tree_was_found() -> None:
    assert len(TREE) >= 18


@pytest.mark.parametrize("kind", [kind for kind in TREE if kind is not TooLarge], ids=lambda kind: kind.__name__)
def test_every_class_arrives_as_itself_with_what_is_told(kind: type[FetchgramError]) -> None:
    error = kind(told=text("limit-links", limit=3))
    arrived = _over_the_wire(error)
    assert type(arrived) is kind
    assert str(arrived) == str(error)
    assert arrived.text == text("limit-links", limit=3)


@pytest.mark.parametrize("error", SPECIAL, ids=lambda error: f"{type(error).__name__}-{error}")
def test_details_survive(error: FetchgramError) -> None:
    arrived = _over_the_wire(error)
    assert type(arrived) is type(error)
    assert {**vars(arrived), "told": None} == {**vars(error), "told": None}
    assert str(arrived) == str(error)
    assert arrived.text == error.text


def test_a_foreign_error_arrives_as_a_failed_worker_with_its_traceback() -> None:
    arrived = decode(encode(KeyError("x"), traceback="Traceback (most recent call last)"))
    assert isinstance(arrived, WorkerFailed)
    assert str(arrived) == "KeyError: 'x'"
    assert arrived.traceback == "Traceback (most recent call last)"


def test_a_foreign_error_without_end_is_cut() -> None:
    wire = encode(RuntimeError("x" * 10_000), traceback="first" + "y" * 100_000 + "last")
    assert len(str(wire["message"])) == 2000
    assert str(wire["traceback"]).endswith("last")
    assert len(str(wire["traceback"])) == 20_000


def test_a_class_of_a_later_version_arrives_as_a_failed_worker() -> None:
    arrived = decode({"class": "MoonPhaseWrong", "message": "full", "told": None})
    assert isinstance(arrived, WorkerFailed)
    assert str(arrived) == "full"


def test_each_reason_has_a_sentence_of_its_own() -> None:
    keys = {ContentUnavailable(reason).text.key for reason in Reason}
    assert len(keys) == len(Reason)
    assert ContentUnavailable(Reason.BOT_CHECK).text.key == "error-bot-check"
    upcoming = ContentUnavailable(Reason.UPCOMING, at=datetime(2030, 1, 2, 3, 4, tzinfo=UTC))
    assert upcoming.text == text("error-upcoming-at", at="2030-01-02 03:04 UTC")


def test_only_what_changes_by_itself_is_worth_another_try_of_the_same() -> None:
    assert not any(may_go_better(error) for error in (TooLarge(5, 4), Uncertain(), ContentUnavailable(Reason.NO_MEDIA)))
    assert all(may_go_better(error) for error in (ContentUnavailable(Reason.GEO), FfmpegError(), KeyError("a mistake")))


def test_what_is_told_hides_the_message_of_the_log() -> None:
    assert FetchgramError("secret detail").text == text("error-internal")
    assert PluginError("secret detail", plugin="p").text == text("error-plugin", plugin="p")


async def _fail(*failures: Exception) -> None:
    async def raises(failure: Exception) -> None:
        raise failure

    async with asyncio.TaskGroup() as group:
        for failure in failures:
            group.create_task(raises(failure))


async def test_an_error_of_ours_leaves_its_task_group_unwrapped() -> None:
    with pytest.raises(ContentUnavailable, match="why"), first_failure():
        await _fail(ContentUnavailable(Reason.GONE, "why"))


async def test_a_mistake_beside_an_error_of_ours_is_not_hidden_by_it() -> None:
    with pytest.raises(ExceptionGroup) as caught, first_failure():
        await _fail(ContentUnavailable(Reason.GONE, "why"), KeyError("a mistake"))
    assert {type(error) for error in caught.value.exceptions} == {ContentUnavailable, KeyError}


def test_what_is_in_no_group_passes_as_it_is() -> None:
    with pytest.raises(KeyError), first_failure():
        raise KeyError
