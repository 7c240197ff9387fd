from __future__ import annotations

import dataclasses

import pytest

from fetchgram.model import Certainty, Choice, ChoiceKind, Link, LinkKind, Option, Recipe, Step, text

LINK = Link(plugin="p", kind=LinkKind.VIDEO, media_id="m", url="https://example.org/m")
RECIPE = Recipe(choice=Choice(kind=ChoiceKind.VIDEO, height_px=720), steps=(Step(key="compress.fit", input="10"),))


@pytest.mark.parametrize(
    "other",
    [
        dataclasses.replace(RECIPE, choice=dataclasses.replace(RECIPE.choice, height_px=360)),
        dataclasses.replace(RECIPE, steps=()),
        dataclasses.replace(RECIPE, steps=(Step(key="compress.fit", input="11"),)),
        dataclasses.replace(RECIPE, settings="other"),
        dataclasses.replace(RECIPE, schema=2),
    ],
)
def test_another_wish_has_another_fingerprint(other: Recipe) -> None:
    assert other.fingerprint(LINK) != RECIPE.fingerprint(LINK)


@pytest.mark.parametrize("change", [{"plugin": "q"}, {"media_id": "n"}, {"kind": LinkKind.SHORT}])
def test_another_medium_has_another_fingerprint(change: dict[str, str]) -> None:
    assert RECIPE.fingerprint(dataclasses.replace(LINK, **change)) != RECIPE.fingerprint(LINK)  # type: ignore[arg-type]  # fields of Link


def test_hints_spelling_and_sizes_do_not_part_equal_wishes() -> None:
    link = dataclasses.replace(LINK, url="https://example.org/m?x", hints={"t": "5"}, within="list", sure=False)
    choice = dataclasses.replace(RECIPE.choice, size_bytes=5, largest_bytes=3, certainty=Certainty.EXACT, width_px=1280)
    assert dataclasses.replace(RECIPE, choice=choice).fingerprint(link) == RECIPE.fingerprint(LINK)


def test_the_order_of_steps_matters() -> None:
    a, b = Step(key="a.x"), Step(key="b.y")
    first, second = (dataclasses.replace(RECIPE, steps=steps) for steps in ((a, b), (b, a)))
    assert first.fingerprint(LINK) != second.fingerprint(LINK)


def test_a_step_and_an_option_name_their_plugin() -> None:
    assert Step(key="compress.fit").plugin == "compress"
    assert Option(key="compress.fit", label=text("x")).plugin == "compress"


@pytest.mark.parametrize(
    ("inputs", "whole_s", "length_s"),
    [
        ((), 600, 600),
        ((), None, 0),
        (("90-165.5",), 600, 75.5),
        (("570-700",), 600, 30),
        (("700-800",), 600, 0),
        (("90-165",), None, 75),
        (("25000000",), 600, 600),
        (("0-100", "10-30"), 600, 20),
    ],
)
def test_what_a_step_leaves_of_a_film_is_as_long_as_its_part(
    inputs: tuple[str, ...], whole_s: float | None, length_s: float
) -> None:
    steps = tuple(Step(key="site.cut", input=each) for each in inputs)
    assert dataclasses.replace(RECIPE, steps=steps).length_s(whole_s) == length_s
