"""What an operator gives YouTube: cookies of an account, a JavaScript runtime, proofs of origin."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web as http

from fetchgram.api import ContentUnavailable
from fetchgram.testing import FakeSink
from fetchgram_sandbox.web.server import Web
from fetchgram_sandbox.web.youtube.site import YouTube

from .conftest import WATCH, is_video, link, open_bench, patient

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

COOKIES = "# Netscape HTTP Cookie File\n" + "".join(
    f".youtube.com\tTRUE\t/\tTRUE\t4102444800\t{name}\tsecret-of-{name}\n"
    for name in ("LOGIN_INFO", "SID", "HSID", "SSID", "APISID", "SAPISID", "__Secure-3PAPISID")
)

PROOF = "cHJvb2Ytb2Ytb3JpZ2lu"
"""yt-dlp takes nothing that is no Base64."""


async def test_cookies_of_an_account_open_what_is_for_adults_and_the_file_is_never_written(
    web: tuple[Web, YouTube], tmp_path: Path
) -> None:
    cookies = tmp_path / "cookies.txt"
    cookies.write_text(COOKIES)
    settings = patient(cookies_file=cookies)
    async with open_bench(*web, tmp_path / "data", settings) as bench:
        probe = await bench.plugin.probe(link(f"{WATCH}agegated001"))
        assert any(choice.height_px == 720 for choice in probe.choices)
        with pytest.raises(ContentUnavailable):
            await bench.plugin.probe(link(f"{WATCH}privateone1"))
    assert cookies.read_text() == COOKIES


async def test_a_javascript_runtime_makes_ytdlp_ask_as_more_clients(web: tuple[Web, YouTube], tmp_path: Path) -> None:
    runtime = tmp_path / "deno"
    runtime.write_text("#!/bin/sh\necho deno 2.9.8\n")
    runtime.chmod(0o755)
    settings = patient(js_runtime="deno", js_runtime_path=runtime)
    async with open_bench(*web, tmp_path / "data", settings) as bench:
        assert bench.plugin.may_spawn
        before = len(bench.web.requests)
        probe = await bench.plugin.probe(link(f"{WATCH}colourtest1"))
        players = [each for each in bench.asked_since(before) if each.path == "/youtubei/v1/player"]
    assert len(players) > 1
    assert probe.title == "The big colour test"


class Provider:
    """A server that makes proofs of origin, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, object]] = []

    async def answer(self, request: http.Request) -> http.Response:
        self.asked.append(await request.json())
        return http.json_response({"poToken": PROOF})


async def test_a_provider_of_proofs_is_asked_through_the_way_out_and_its_proof_goes_to_youtube(
    web: tuple[Web, YouTube], tmp_path: Path
) -> None:
    provider = Provider()
    app = http.Application()
    app.router.add_post("/get_pot", provider.answer)
    runner = http.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await http.TCPSite(runner, "127.0.0.1", 0).start()
    place = f"127.0.0.1:{runner.addresses[0][1]}"
    # The client `web` gets nothing without a proof.
    settings = patient(player_clients=("web",), po_token_provider=f"http://{place}")
    workdir = tmp_path / "work"
    workdir.mkdir()
    try:
        async with open_bench(*web, tmp_path / "data", settings, allow=[place]) as bench:
            before = len(bench.web.requests)
            await bench.fetch(f"{WATCH}colourtest1", is_video(144), workdir, FakeSink())
            media = [each for each in bench.asked_since(before) if each.path == "/videoplayback"]
    finally:
        await runner.cleanup()
    assert provider.asked
    assert {each.query.get("pot") for each in media} == {PROOF}


async def test_without_a_provider_that_client_has_only_what_needs_no_proof(
    web: tuple[Web, YouTube], tmp_path: Path
) -> None:
    settings = patient(player_clients=("web",))
    async with open_bench(*web, tmp_path / "data", settings) as bench:
        probe = await bench.plugin.probe(link(f"{WATCH}colourtest1"))
    assert [choice.height_px for choice in probe.choices if choice.height_px] == [360]
