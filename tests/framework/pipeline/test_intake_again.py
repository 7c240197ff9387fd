from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fetchgram.api import (
    At,
    Choice,
    ChoiceKind,
    ContentUnavailable,
    LimitReached,
    Link,
    LinkKind,
    RequestState,
    Step,
    Uncertain,
)
from fetchgram.settings import Settings

from .conftest import Bench


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings under which one job of a person may wait."""
    return Settings.model_validate({"data_dir": tmp_path, "work": {"disk_floor": 0}, "limits": {"waiting": 1}})


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
        await getattr(bench.route.intake, again)(ended.id)
    assert (await bench.route.intake.request(ended.id)).state is RequestState.FAILED
    await bench.route.intake.cancel(waiting.id)
    assert (await getattr(bench.route.intake, again)(ended.id)).state is RequestState.WORKING


async def test_a_recipe_depends_on_the_settings_of_the_plugins_that_its_steps_name(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = {"fake": ("a", 1), "steps": ("x", 1)}
    monkeypatch.setattr(bench.route.intake._hooks, "shape", shapes.__getitem__)
    choice, link = (
        Choice(kind=ChoiceKind.VIDEO),
        Link(plugin="fake", kind=LinkKind.VIDEO, media_id="1", url="https://x"),
    )

    def key(*steps: Step) -> str:
        return bench.route.intake._recipe(link, choice, steps).fingerprint(link)

    after, before = Step(key="steps.fit"), Step(key="steps.cut", at=At.DOWNLOAD)
    with_step, without, other = key(after), key(), key(before)
    shapes["steps"] = ("y", 1)
    assert key(after) != with_step
    assert (key(), key(before)) == (without, other)
