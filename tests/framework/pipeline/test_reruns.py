from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fetchgram.api import (
    ContentUnavailable,
    DeliveryState,
    LimitReached,
    Reason,
    RequestState,
    Uncertain,
    UnsupportedLink,
)
from fetchgram.settings import Settings

from .conftest import CHAT, LIST, PERSON, Bench


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings under which one job of a person may wait."""
    return Settings.model_validate({"data_dir": tmp_path, "work": {"disk_floor": 0}, "limits": {"waiting": 1}})


@pytest.fixture
def engine() -> str:
    """SQLite, where a test does not name both."""
    return "sqlite"


@pytest.fixture
def database_url(migrated_url: str | None) -> str | None:
    return migrated_url


def _gone(*_: object) -> None:
    raise ContentUnavailable("gone")


def _cut(*_: object) -> None:
    raise Uncertain("cut")


@pytest.mark.parametrize(("on_download", "on_send", "again"), [(_gone, None, "retry"), (None, _cut, "send_again")])
async def test_a_wish_that_begins_again_keeps_the_limits_of_its_person(
    bench: Bench, on_download: Callable[..., None] | None, on_send: Callable[..., None] | None, again: str
) -> None:
    bench.site.on_download, bench.site.on_send = on_download, on_send
    ended = await bench.wish("https://fake/one", key="a")
    await bench.route.intake.choose(ended.id, 0)
    await bench.run_until_ended(ended.id)
    waiting = await bench.wish("https://fake/two", key="b")
    await bench.route.intake.choose(waiting.id, 0)
    with pytest.raises(LimitReached):
        await getattr(bench.route.reruns, again)(ended.id)
    assert (await bench.route.intake.request(ended.id)).state is RequestState.FAILED
    await bench.route.intake.cancel(waiting.id)
    assert (await getattr(bench.route.reruns, again)(ended.id)).state is RequestState.WORKING


async def test_a_failed_look_is_retried_from_the_link_and_a_failed_job_from_its_recipe(bench: Bench) -> None:
    request, _ = await bench.route.intake.accept(key="k", person=PERSON, destination=CHAT, url="https://other/one")
    with pytest.raises(UnsupportedLink):
        await bench.route.intake.look(request)
    assert (await bench.route.reruns.reopen(request.id)).state is RequestState.FAILED, "there is no menu"
    again = await bench.route.reruns.retry(request.id)
    assert (again.state, again.error, again.error_number) == (RequestState.PROBING, None, None)

    def fail(*_: object) -> None:
        raise ContentUnavailable(Reason.GONE)

    bench.site.on_download = fail
    wish = await bench.wish(key="b")
    await bench.route.intake.choose(wish.id, 0)
    await bench.run_until_ended(wish.id)
    bench.site.on_download = None
    retried = await bench.route.reruns.retry(wish.id)
    assert (retried.state, retried.error, retried.error_number) == (RequestState.WORKING, None, None)
    (ended,) = await bench.run_until_ended(wish.id)
    assert ended.state is RequestState.DONE
    assert await bench.route.reruns.retry(wish.id) == ended


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_a_failed_job_gives_its_wish_back_to_the_menu_and_the_next_choice_is_what_counts(bench: Bench) -> None:
    bench.site.on_download = _gone
    wish = await bench.wish()
    await bench.route.intake.choose(wish.id, 0)
    await bench.run_until_ended(wish.id)
    reopened = await bench.route.reruns.reopen(wish.id)
    assert reopened == wish, "as it was before the choice: without recipe, error and number"
    async with bench.storage.read() as session:
        assert [event.name for event in await session.events.after(0, 99)][-1] == "request.retried"
        before = await session.deliveries.of_request(wish.id)
    assert [delivery.state for delivery in before] == [DeliveryState.FAILED]
    bench.site.on_download = None
    await bench.route.intake.choose(wish.id, 1)
    (ended,) = await bench.run_until_ended(wish.id)
    assert ended.state is RequestState.DONE
    async with bench.storage.read() as session:
        old, new = sorted(await session.deliveries.of_request(wish.id), key=lambda delivery: delivery.id)
    assert (old, new.state) == (before[0], DeliveryState.DELIVERED)
    assert new.job_id != old.job_id
    assert await bench.route.reruns.reopen(wish.id) == ended


async def test_a_choice_after_a_failure_keeps_the_limits_of_its_person(bench: Bench) -> None:
    bench.site.on_download = _gone
    ended = await bench.wish("https://fake/one", key="a")
    await bench.route.intake.choose(ended.id, 0)
    await bench.run_until_ended(ended.id)
    waiting = await bench.wish("https://fake/two", key="b")
    await bench.route.intake.choose(waiting.id, 0)
    await bench.route.reruns.reopen(ended.id)
    with pytest.raises(LimitReached):
        await bench.route.intake.choose(ended.id, 1)
    assert (await bench.route.intake.request(ended.id)).state is RequestState.CHOOSING


async def test_a_list_whose_items_failed_has_no_menu_to_return_to(bench: Bench) -> None:
    bench.site.on_download = _gone
    wish = await bench.wish(LIST)
    await bench.route.lists.pick_first(wish.id, 1)
    await bench.route.lists.choose(wish.id)
    (ended,) = await bench.run_until_ended(wish.id)
    assert ended.state is RequestState.FAILED
    assert await bench.route.reruns.reopen(wish.id) == ended
