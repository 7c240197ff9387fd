from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from fetchgram.api import Link, LinkKind
from fetchgram.testing import FakeClock
from fetchgram_ytdlp import EngineOptions
from fetchgram_ytdlp.looks import Looks, pack, unpack
from fetchgram_ytdlp.options import build

OPTIONS = EngineOptions(look_s=60)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def looks(clock: FakeClock) -> Looks:
    return Looks(clock.monotonic)


@pytest.fixture
def link_to() -> Callable[[str], Link]:
    return lambda name: Link(plugin="ytdlp", kind=LinkKind.VIDEO, media_id=name, url=f"https://a.example/{name}")


def test_a_lookup_serves_one_download(looks: Looks, link_to: Callable[[str], Link]) -> None:
    looks.keep(link_to("x"), OPTIONS, "seen")
    assert looks.take(link_to("y"), OPTIONS) is None
    assert looks.take(link_to("x"), OPTIONS) == "seen"
    assert looks.take(link_to("x"), OPTIONS) is None


def test_the_items_of_one_page_have_lookups_of_their_own(looks: Looks, link_to: Callable[[str], Link]) -> None:
    first, second = (replace(link_to("x"), hints={"item": place}) for place in ("1", "2"))
    looks.keep(first, OPTIONS, "one")
    looks.keep(second, OPTIONS, "two")
    assert (looks.take(first, OPTIONS), looks.take(second, OPTIONS)) == ("one", "two")


def test_a_lookup_that_is_too_old_serves_none(looks: Looks, clock: FakeClock, link_to: Callable[[str], Link]) -> None:
    looks.keep(link_to("x"), OPTIONS, "seen")
    clock.advance(59)
    looks.keep(link_to("y"), OPTIONS, "seen")
    clock.advance(2)
    assert looks.take(link_to("x"), OPTIONS) is None
    assert looks.take(link_to("y"), OPTIONS) == "seen"


def test_a_lookup_made_in_another_way_serves_none(looks: Looks, link_to: Callable[[str], Link]) -> None:
    looks.keep(link_to("x"), OPTIONS, "seen")
    assert looks.take(link_to("x"), replace(OPTIONS, user_agent="other")) is None


def test_what_is_kept_has_a_limit_and_the_oldest_goes_first(looks: Looks, link_to: Callable[[str], Link]) -> None:
    for name in ("old", "new", "newest"):
        looks.keep(link_to(name), OPTIONS, name[0] * 7_000_000)
    assert looks.take(link_to("old"), OPTIONS) is None
    assert looks.take(link_to("new"), OPTIONS) is not None
    looks.keep(link_to("other"), OPTIONS, "o" * 7_000_000)
    assert looks.take(link_to("newest"), OPTIONS) is not None


def test_what_is_unpacked_has_the_streams_and_the_subtitles_that_can_be_taken() -> None:
    downloader = build({"options": OPTIONS.to_json(), "proxy": "http://127.0.0.1:9", "ca_file": None})
    stream = {"format_id": "1", "url": "https://a.example/x.mp4", "ext": "mp4", "protocol": "https"}
    spoken = [{"ext": kind, "url": f"https://a.example/en.{kind}"} for kind in ("json3", "srt", "vtt")]
    info = {
        "id": "x",
        "title": "X",
        "extractor": "a",
        "extractor_key": "A",
        "formats": [stream],
        "automatic_captions": {"en": spoken},
        "thumbnails": [{"url": "https://a.example/x.jpg"}],
    }
    packed = pack(downloader, info)
    assert packed is not None
    seen = cast("dict[str, Any]", unpack(downloader, packed))
    assert [each["url"] for each in seen["formats"]] == [stream["url"]]
    assert [each["ext"] for each in seen["automatic_captions"]["en"]] == ["srt", "vtt"]


def test_a_lookup_without_measure_is_not_kept() -> None:
    downloader = build({"options": OPTIONS.to_json(), "proxy": "http://127.0.0.1:9", "ca_file": None})
    assert pack(downloader, {"id": "x", "title": "X", "description": "x" * 2_000_000}) is None
