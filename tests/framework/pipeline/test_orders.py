from __future__ import annotations

import pytest

from fetchgram.api import At, Choice, ChoiceKind, Link, LinkKind, Step

from .conftest import Bench


async def test_a_recipe_depends_on_the_settings_of_the_plugins_that_its_steps_name(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = {"fake": ("a", 1), "steps": ("x", 1)}
    monkeypatch.setattr(bench.route.intake._orders._hooks, "shape", shapes.__getitem__)
    choice, link = (
        Choice(kind=ChoiceKind.VIDEO),
        Link(plugin="fake", kind=LinkKind.VIDEO, media_id="1", url="https://x"),
    )

    def key(*steps: Step) -> str:
        return bench.route.intake._orders.recipe(link, choice, steps).fingerprint(link)

    after, before = Step(key="steps.fit"), Step(key="steps.cut", at=At.DOWNLOAD)
    with_step, without, other = key(after), key(), key(before)
    shapes["steps"] = ("y", 1)
    assert key(after) != with_step
    assert (key(), key(before)) == (without, other)
