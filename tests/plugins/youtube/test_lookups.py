"""How often YouTube is asked: one lookup serves the menu and the download."""

from __future__ import annotations

from pathlib import Path

import pytest

from fetchgram.testing import FakeSink

from .conftest import WATCH, Bench, is_sound, is_video, job_of

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def test_the_download_after_a_look_asks_for_media_alone(bench: Bench, workdir: Path) -> None:
    probe = await bench.probe(f"{WATCH}colourtest1")
    choice = next(filter(is_video(720), probe.choices))
    before = len(bench.web.requests)
    await bench.plugin.download(job_of(probe.link, choice), workdir, FakeSink())
    asked = [each.path for each in bench.asked_since(before)]
    assert asked.count("/videoplayback") == 2
    assert set(asked) == {"/videoplayback", "/vi/colourtest1/hqdefault.jpg"}


async def test_when_its_addresses_have_ended_youtube_is_asked_again(bench: Bench, workdir: Path) -> None:
    probe = await bench.probe(f"{WATCH}colourtest1")
    choice = next(filter(is_sound("aac"), probe.choices))
    bench.youtube.ended = bench.youtube.answers
    before = len(bench.web.requests)
    (media,) = await bench.plugin.download(job_of(probe.link, choice), workdir, FakeSink())
    assert media.duration_s == 6.0
    asked = [each.path for each in bench.asked_since(before)]
    refused, *_ = asked
    assert refused == "/videoplayback"
    assert "/youtubei/v1/player" in asked


async def test_a_second_download_looks_for_itself(bench: Bench, workdir: Path) -> None:
    probe = await bench.probe(f"{WATCH}colourtest1")
    first, second = (next(filter(wanted, probe.choices)) for wanted in (is_video(144), is_video(360)))
    await bench.plugin.download(job_of(probe.link, first), workdir, FakeSink())
    before = len(bench.web.requests)
    media, *_ = await bench.plugin.download(job_of(probe.link, second), workdir, FakeSink())
    assert media.height_px == 360
    assert "/youtubei/v1/player" in [each.path for each in bench.asked_since(before)]
