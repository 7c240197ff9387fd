from __future__ import annotations

import struct
from itertools import pairwise
from pathlib import Path

import pytest

from fetchgram_analytics.drawing.child import draw
from fetchgram_analytics.drawing.forms import spread
from fetchgram_analytics.drawing.theme import DARK, LIGHT, short
from fetchgram_analytics.pictures import Form, Panel, Series, Sheet, Tile, Unit, is_right_to_left

pytestmark = pytest.mark.timeout(180)

NAMES = ("youtube", "سارة אור", "a name that is much too long to stand beside a bar", "日本", "🙂", "")
_MOST_PHOTO_BYTES = 10_000_000
"""core.telegram.org/bots/api#sendphoto, which also wants width and height to be 10000 together at most."""


def panel(form: Form, unit: Unit, values: tuple[float | None, ...], *, rows: int = 3, before: bool = False) -> Panel:
    if form is Form.HEAT:
        series = tuple(Series(f"day {day}", tuple((values * 24)[:24])) for day in range(7))
        return Panel(form=form, unit=unit, title="T", labels=tuple(map(str, range(24))), series=series)
    if form is Form.RANGES:
        high = tuple(None if value is None else value * 9 for value in values)
        series = (Series("half", values), Series("most", high))
        return Panel(form=form, unit=unit, title="T", labels=tuple(NAMES[: len(values)]), series=series)
    count = 1 if form is Form.RANKING else rows
    labels = (NAMES * len(values))[: len(values)] if form is Form.RANKING else tuple(map(str, range(len(values))))
    series = tuple(Series(NAMES[row], values) for row in range(count))
    return Panel(
        form=form,
        unit=unit,
        title="T",
        labels=labels,
        series=series,
        before=values if before else (),
        before_name="before",
    )


def drawn(sheet: Sheet, folder: Path) -> tuple[int, int]:
    path = folder / "a.png"
    draw(sheet.payload(str(path)), print)
    content = path.read_bytes()
    width, height = struct.unpack(">II", content[16:24])
    assert content.startswith(b"\x89PNG")
    assert width + height <= 10_000
    assert len(content) < _MOST_PHOTO_BYTES
    return width, height


VALUES: dict[str, tuple[float | None, ...]] = {
    "many": tuple(float(value) for value in range(90)),
    "one": (1.0,),
    "tiny": (0.001, 0.0, 0.002),
    "huge": (1e15, 3.0, 9e15),
    "gaps": (None, 5.0, None, 7.0),
    "nothing": (0.0, 0.0),
    "none": (),
}


@pytest.mark.parametrize("form", Form)
def test_every_form_draws_whatever_the_values_are(form: Form, tmp_path: Path) -> None:
    for number, (name, values) in enumerate(VALUES.items()):
        unit = list(Unit)[number % len(Unit)]
        shown = panel(form, unit, values[:6] if form is Form.RANGES else values, before=name == "many")
        assert drawn(Sheet(title=name, note="n", panels=(shown,), dark=number % 2 == 0), tmp_path) == (1080, 840)


def test_a_dashboard_has_six_panels_in_one_picture(tmp_path: Path) -> None:
    panels = tuple(panel(form, Unit.COUNT, (1.0, 2.0, 3.0)) for form in (*Form, Form.BARS))
    tiles = tuple(Tile(name="n", value="1", change="+1 %", good=good) for good in (True, False, None))
    width, height = drawn(Sheet(title="T" * 200, note="n", panels=panels, tiles=tiles), tmp_path)
    assert width == 1080
    assert 1 < height / width < 2


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0, "count", "0"),
        (999, "count", "999"),
        (999.6, "count", "1k"),
        (1_234, "count", "1.2k"),
        (9.1e15, "count", "9100T"),
        (1_500_000_000, "bytes", "1.5 GB"),
        (0, "bytes", "0 B"),
        (0, "seconds", "0 s"),
        (0.25, "seconds", "250 ms"),
        (1.5, "seconds", "1.5 s"),
        (90, "seconds", "90 s"),
        (600, "seconds", "10 min"),
        (36_000, "seconds", "10 h"),
        (99.96, "percent", "99.9 %"),
        (100, "percent", "100 %"),
        (42.4, "percent", "42 %"),
    ],
)
def test_values_are_written_in_a_few_characters(value: float, unit: str, words: str) -> None:
    assert short(value, unit) in {words, words.replace("9100T", "9.1P")}


def test_names_of_lines_stand_apart_and_inside() -> None:
    places = spread([99.0, 99.5, 100.0], apart=5.0, high=100.0)
    assert places[-1] <= 100.0
    assert all(high - low >= 5.0 for low, high in pairwise(places))
    assert spread([1.0, 50.0], apart=5.0, high=100.0) == [1.0, 50.0]


def test_a_name_in_arabic_or_hebrew_begins_on_the_right() -> None:
    assert is_right_to_left("سارة")
    assert is_right_to_left("  12 עולם abc")
    assert not is_right_to_left("Ann سارة")
    assert not is_right_to_left("🙂")


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_words_and_what_is_drawn_stand_out_from_the_paper(theme: object) -> None:
    """Contrast as WCAG 2.2 wants it (1.4.3 and 1.4.11): 4.5 for words, 3 for shapes; 2.1 for Okabe and Ito's orange."""
    assert isinstance(theme, type(LIGHT))

    def contrast(colour: str) -> float:
        low, high = sorted((_luminance(colour), _luminance(theme.paper)))
        return (high + 0.05) / (low + 0.05)

    for words in (theme.ink, theme.faint, theme.good, theme.bad):
        assert contrast(words) >= 4.5
    for shape in theme.series:
        assert contrast(shape) >= 2.1
