from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]  # it has no types
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]  # the same
from matplotlib import font_manager

from fetchgram_analytics.drawing import letters as module
from fetchgram_analytics.drawing.letters import legible, letters_for
from fetchgram_analytics.pictures import Form, Panel, Series, Sheet, Tile, Unit

from .test_drawing import drawn

pytestmark = pytest.mark.timeout(120)

NAME = "日本語"
ROOT = Path(__file__).parents[3]


def sheet(title: str, *, otherwise: str = "@ann", label: str = "youtube") -> Sheet:
    panel = Panel(
        form=Form.RANKING, unit=Unit.COUNT, title="T", labels=(label, label), series=(Series("", (2.0, 1.0)),)
    )
    tile = Tile(name="Favourite", value=label)
    return Sheet(title=title, note="n", panels=(panel,), tiles=(tile,), otherwise=otherwise)


def shown(given: Sheet) -> Sheet:
    return legible(given, letters_for(given))


@pytest.fixture
def font_with_han(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A font of the system that has the letters of the name, and nothing else."""
    builder, name = FontBuilder(1000, isTTF=True), "Han of a test"
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 700), (700, 700), (700, 0)):
        pen.lineTo(corner)
    pen.closePath()
    glyphs = [".notdef", *(f"g{number}" for number in range(len(NAME)))]
    builder.setupGlyphOrder(glyphs)
    builder.setupCharacterMap({ord(letter): f"g{number}" for number, letter in enumerate(NAME)})
    builder.setupGlyf(dict.fromkeys(glyphs, pen.glyph()))
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (800, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": name, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "han.ttf")
    monkeypatch.setattr(font_manager.fontManager, "ttflist", list(font_manager.fontManager.ttflist))
    font_manager.fontManager.addfont(str(tmp_path / "han.ttf"))
    module._charmap.cache_clear()
    return name


def test_a_name_that_no_font_has_gives_way_to_one_that_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_others", lambda: ())
    assert shown(sheet(NAME)).title == "@ann"
    assert shown(sheet(f"🙂 {NAME}")).title == "@ann"
    assert shown(sheet("🙂")).title == "@ann"


def test_what_can_be_drawn_is_drawn_and_the_rest_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_others", lambda: ())
    for name in ("Ann", "سارة עולם", "Ωμέγα", "Ђорђе"):
        assert shown(sheet(name)).title == name
    assert shown(sheet("\u2068Ann\u2069 \U000f0000")).title == "Ann"
    assert shown(sheet("5 $ a $ b")).title == r"5 \$ a \$ b"


def test_rows_that_nothing_is_left_of_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_others", lambda: ())
    assert shown(sheet("T", label=NAME)).panels[0].labels == ("#1", "#2")


def test_a_font_of_the_system_is_taken_for_what_the_first_lacks(font_with_han: str, tmp_path: Path) -> None:
    given = sheet(f"{NAME} Ann")
    assert letters_for(given).families[0] == "DejaVu Sans"
    assert font_with_han in letters_for(given).families
    assert shown(given).title == f"{NAME} Ann"
    assert drawn(given, tmp_path)[0] == 1080


def test_fonts_that_nobody_needs_are_not_opened(font_with_han: str) -> None:
    assert letters_for(sheet("Ann")).families == ("DejaVu Sans",)


def test_the_first_font_has_the_letters_of_every_language_of_the_bot() -> None:
    catalogues = [path for folder in ("framework", "plugins") for path in (ROOT / folder).rglob("locales/*.ftl")]
    assert any("fetchgram_analytics" in str(path) for path in catalogues)
    words = "".join(path.read_text(encoding="utf-8") for path in catalogues)
    letters = {ord(letter) for letter in words if unicodedata.category(letter)[0] in "LNP"}
    assert letters <= module._charmap("DejaVu Sans")
