from __future__ import annotations

from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from fetchgram.model import Text, text
from fetchgram.texts import Span, SpanKind, Texts

PLUGIN = """
one-hello = Hello <b>{ $name }</b>
one-nested = [{ $inner }]
one-only-english = only English
start = stolen
one-broken = { $
"""


@pytest.fixture(scope="module")
def core() -> Texts:
    return Texts.load()


def _plugin(folder: Path, **languages: str) -> Texts:
    (folder / "locales").mkdir()
    for language, source in languages.items():
        (folder / "locales" / f"{language.replace('_', '-')}.ftl").write_text(source, encoding="utf-8")
    return Texts.load({"one": folder})


def test_the_core_speaks_english_whatever_is_asked_for(core: Texts) -> None:
    assert core.languages == ("en",)
    for locale in ("en", "en-US", "en_GB", "tlh", "", "zh-Hans-CN", "x" * 50):
        assert core.render(text("toast-cancelled"), locale) == "Cancelled"


def test_the_nearest_language_that_has_the_sentence_is_taken(tmp_path: Path) -> None:
    texts = _plugin(tmp_path, en=PLUGIN, de="one-hello = Hallo { $name }", pt_BR="one-hello = Oi { $name }")
    hello = text("one-hello", name="A")
    assert [texts.render(hello, locale) for locale in ("de-AT", "pt-BR", "pt", "fr")] == [
        "Hallo A",
        "Oi A",
        "Hello A",
        "Hello A",
    ]
    assert texts.render(text("one-only-english"), "de") == "only English"


def test_numbers_are_written_as_the_language_does(tmp_path: Path) -> None:
    texts = _plugin(tmp_path, de="one-size = { SIZE($n) } { $n }", en="one-size = { SIZE($n) } { $n }")
    assert texts.render(text("one-size", n=1_234_567), "de") == "1,2 MB 1.234.567"
    assert texts.render(text("one-size", n=1_234_567), "en") == "1.2 MB 1,234,567"


def test_a_plugin_changes_no_sentence_of_others(tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logs:
        texts = _plugin(tmp_path, en=PLUGIN)
    assert "stolen" not in texts.render(text("start"), "en")
    assert {(log["event"], log["plugin"]) for log in logs} == {("texts.key_refused", "one"), ("texts.junk", "one")}


def test_a_catalogue_that_cannot_be_read_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "locales").mkdir()
    (tmp_path / "locales" / "en.ftl").write_bytes(b"\xff\xfe\xff")
    with structlog.testing.capture_logs() as logs:
        texts = Texts.load({"one": tmp_path, "two": tmp_path / "nowhere"})
    assert [log["event"] for log in logs] == ["texts.not_read"]
    assert texts.render(text("toast-cancelled"), "en") == "Cancelled"


def test_a_missing_key_is_shown_and_logged_once(core: Texts) -> None:
    with structlog.testing.capture_logs() as logs:
        assert [core.render(text("no-such-<b>key"), "en") for _ in range(3)] == ["no-such-<b>key"] * 3
    assert [(log["event"], log["key"]) for log in logs] == [("texts.key_missing", "no-such-<b>key")]


def test_a_missing_parameter_is_logged_once_and_the_rest_is_shown(core: Texts) -> None:
    with structlog.testing.capture_logs() as logs:
        for _ in range(2):
            assert "made a mistake" in core.render(text("error-plugin"), "en")
    assert [log["event"] for log in logs] == ["texts.not_filled"]


def test_markup_of_the_catalogue_becomes_spans_in_utf16(tmp_path: Path) -> None:
    source = 'one-x = 😀 <b>bold <i>both</i></b> <code>{ $c }</code> <a href="https://a.example/?q={ $c }">here</a>'
    rich = _plugin(tmp_path, en=source).render_rich(text("one-x", c="😀"), "en")
    assert rich.text == "😀 bold both 😀 here"
    assert rich.spans == (
        Span(kind=SpanKind.BOLD, offset_utf16=3, length_utf16=9),
        Span(kind=SpanKind.ITALIC, offset_utf16=8, length_utf16=4),
        Span(kind=SpanKind.CODE, offset_utf16=13, length_utf16=2),
        Span(kind=SpanKind.LINK, offset_utf16=16, length_utf16=4, url="https://a.example/?q=😀"),
    )


def test_odd_markup_is_text_or_nothing(tmp_path: Path) -> None:
    source = 'one-x = a < b <u>c</u> </b><i></i><b>open <a href="javascript:x">d</a><a>e</a>'
    rich = _plugin(tmp_path, en=source).render_rich(text("one-x"), "en")
    assert (rich.text, rich.spans) == ("a < b <u>c</u> open de", ())


@given(st.text())
def test_foreign_text_is_never_markup(core: Texts, foreign: str) -> None:
    for evil in (foreign, f"<b>{foreign}</b>", f'"><a href="tg://x">{foreign}</a>', f"{foreign}{{ $title }}"):
        rich = core.render_rich(text("card", title=evil, author="", duration=0), "en")
        assert all(span.kind is SpanKind.BOLD for span in rich.spans)
        assert len(rich.spans) <= 1
        rich.text.encode("utf-16-le")


def test_foreign_text_stands_as_it_is(core: Texts) -> None:
    for title in ("<b>A</b> & \"B\" <a href='x'>", "{ $x } { -y } &lt;", "100 % 😀 Übung"):
        assert core.render(text("card", title=title, author="", duration=0), "en") == title


def test_a_right_to_left_title_does_not_turn_the_line_around(core: Texts) -> None:
    told = core.render(text("card", title="שלום 5", author="abc", duration=0), "en")
    assert told == "\u2068שלום 5\u2069\n👤 abc"


def test_controls_that_turn_or_hide_text_are_taken_out(core: Texts) -> None:
    evil = "ab\u202egpj.exe\u2069\u200f\x00\x1b[31m\ue0f1b\ue0f2"
    assert core.render(text("card", title=evil, author="", duration=0), "en") == "abgpj.exe[31m\ufffdb\ufffd"


def test_in_a_right_to_left_language_left_to_right_titles_are_isolated(tmp_path: Path) -> None:
    texts = _plugin(tmp_path, fa="one-x = { $kind ->\n    [video] ویدیو { $title }\n   *[other] -\n}")
    told = texts.render(text("one-x", kind="video", title="A title, 5"), "fa")
    assert told == "ویدیو \u2068A title, 5\u2069"


def test_a_text_inside_a_text_keeps_its_markup_and_its_own_foreign_text(tmp_path: Path) -> None:
    texts = _plugin(tmp_path, en=PLUGIN.replace("one-broken = { $", ""))
    rich = texts.render_rich(text("one-nested", inner=text("one-hello", name="<i>x</i>")), "en")
    assert rich.text == "[Hello <i>x</i>]"
    assert [span.kind for span in rich.spans] == [SpanKind.BOLD]


def test_texts_inside_texts_end_somewhere(tmp_path: Path) -> None:
    texts = _plugin(tmp_path, en="one-nested = [{ $inner }]")
    deep: Text = text("one-nested", inner="x")
    for _ in range(50):
        deep = text("one-nested", inner=deep)
    assert texts.render(deep, "en").startswith("[[[")
    assert len(texts.render(deep, "en")) < 50


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (850_400, "850 kB"),
        (999_999, "1 MB"),
        (12_345_678, "12.3 MB"),
        (50_000_000, "50 MB"),
        (123_456_789, "123 MB"),
        (1_254_000_000, "1.25 GB"),
        (12_340_000_000, "12.3 GB"),
        (5e15, "5,000 TB"),
        (-5, "0 B"),
        (float("inf"), "0 B"),
    ],
)
def test_sizes_are_those_that_people_know(core: Texts, size: float, shown: str) -> None:
    assert core.render(text("size-exact", size=size), "en") == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "0:00"), (7, "0:07"), (63.6, "1:04"), (3723, "1:02:03"), (90_000, "25:00:00")]
)
def test_durations_look_like_a_players(core: Texts, seconds: float, shown: str) -> None:
    assert core.render(text("card", title="a", author="", duration=seconds), "en").endswith(f"⏱ {shown}")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.4, "1 sec"), (30, "30 sec"), (89, "89 sec"), (90, "2 min"), (301, "6 min"), (3600, "1 hr"), (86_400, "1 day")],
)
def test_waits_are_said_as_one_number(core: Texts, seconds: float, shown: str) -> None:
    assert core.render(text("status-retrying", seconds=seconds), "en").endswith(f"in {shown}.")


def test_a_moment_is_a_day_and_a_time_in_utc(tmp_path: Path) -> None:
    source = "one-at = { MOMENT($at) }"
    texts = _plugin(tmp_path, en=source, de=source)
    assert texts.render(text("one-at", at=1_767_323_045.5), "en") == "2 Jan 2026, 03:04 UTC"
    assert texts.render(text("one-at", at=1_767_323_045.5), "de") == "2 Jan. 2026, 03:04 UTC"


def test_progress_says_only_what_is_known(core: Texts) -> None:
    known = text("status-progress", bar="▓░", percent=42.4, done=5_000_000, total=12_000_000, speed=1_250_000, eta=75)
    assert core.render(known, "en") == "▓░ 42%\n5 MB of 12 MB · 1.2 MB/s · 1:15 left"
    unknown = text("status-progress", bar="▓░", percent=0, done=5_000_000, total=0, speed=0, eta=0)
    assert core.render(unknown, "en") == "▓░\n5 MB"


def test_choices_say_what_sets_them_apart(core: Texts) -> None:
    assert core.render(text("choice-video", height=2160, fps=60, hdr=1), "en") == "🎬 2160p60 HDR"
    assert core.render(text("choice-video", height=720, fps=0, hdr=0), "en") == "🎬 720p"


def test_limits_speak_of_one_and_of_many(core: Texts) -> None:
    assert "one link" in core.render(text("limit-links", limit=1), "en")
    assert "20 links" in core.render(text("limit-links", limit=20), "en")
