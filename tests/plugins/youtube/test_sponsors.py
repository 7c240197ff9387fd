from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from fetchgram.api import Fetched, TemporarilyUnavailable
from fetchgram.testing import FakeSink
from fetchgram_sandbox.web.server import Web
from fetchgram_sandbox.web.youtube.site import YouTube
from fetchgram_youtube.sponsors import Mark, marks_of

from .conftest import WATCH, is_video, open_bench, patient

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]


class Answering:
    """A network that answers with one body, or not at all."""

    proxy_url = ""

    def __init__(self, body: bytes | None, status: int = 200) -> None:
        self.body, self.status, self.asked = body, status, ""

    def child_env(self) -> dict[str, str]:
        return {}

    async def fetch(
        self, url: str, *, max_bytes: int, timeout_s: float = 20, headers: Mapping[str, str] | None = None
    ) -> Fetched:
        self.asked = url
        if self.body is None:
            raise TemporarilyUnavailable
        return Fetched(status=self.status, url=url, headers={}, body=self.body)

    async def download(
        self, url: str, path: Path, *, max_bytes: int, timeout_s: float = 3600, headers: Mapping[str, str] | None = None
    ) -> int:
        raise AssertionError(url)  # marks are read, nothing is downloaded


async def test_marks_stand_in_the_caption_when_an_operator_wishes_for_them(
    web: tuple[Web, YouTube], tmp_path: Path
) -> None:
    workdir = tmp_path / "work"
    workdir.mkdir()
    async with open_bench(*web, tmp_path / "data", patient(sponsor_marks=True)) as bench:
        media = await bench.fetch(f"{WATCH}colourtest1", is_video(144), workdir, FakeSink())
    assert media.caption is not None
    assert media.caption.splitlines()[-1] == "0:01 💰 Sponsor"


async def test_the_database_does_not_learn_which_video_is_meant() -> None:
    network = Answering(b"[]")
    assert await marks_of(network, "colourtest1") == ()
    assert "colourtest1" not in network.asked


async def test_marks_come_in_their_order_and_only_well_formed_ones_of_this_video() -> None:
    segments = [
        {"segment": [30, 40.5], "category": "outro"},
        {"segment": [1, 2], "category": "sponsor"},
        {"segment": [5, 4], "category": "sponsor"},
        {"segment": ["a", 4], "category": "sponsor"},
        {"segment": [1, 2], "category": "<b>unknown</b>"},
        "nonsense",
    ]
    other = {"videoID": "another0001", "segments": [{"segment": [7, 8], "category": "sponsor"}]}
    body = json.dumps([other, "nonsense", {"videoID": "colourtest1", "segments": segments}]).encode()
    assert await marks_of(Answering(body), "colourtest1") == (Mark(1.0, 2.0, "sponsor"), Mark(30.0, 40.5, "outro"))


@pytest.mark.parametrize(
    "network", [Answering(None), Answering(b"Not Found", 404), Answering(b"<html>"), Answering(b"{}")]
)
async def test_no_marks_are_no_failure(network: Answering) -> None:
    assert await marks_of(network, "colourtest1") == ()
