"""What an operator gives YouTube: cookies of an account, a JavaScript runtime, proofs of origin."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web as http

from fetchgram.api import ContentUnavailable, Reason
from fetchgram.openings import open_context
from fetchgram.settings import Settings as Core
from fetchgram.testing import FakeSink
from fetchgram_sandbox.web.server import Web
from fetchgram_sandbox.web.youtube.site import ROTATED, YouTube
from fetchgram_youtube.cookies import read
from fetchgram_youtube.plugin import Plugin

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


async def test_cookies_that_were_rotated_are_told_once_and_new_ones_work_at_once(
    web: tuple[Web, YouTube], tmp_path: Path
) -> None:
    old = COOKIES.replace("secret-of-LOGIN_INFO", f"{ROTATED}-login")
    async with open_bench(*web, tmp_path / "data", patient()) as bench:
        now = datetime.now(UTC)
        bench.shelf.put(read(old.encode(), now).content)
        bench.clock.advance((now - bench.clock.now()).total_seconds() + 3600)
        for _ in range(2):
            with pytest.raises(ContentUnavailable):
                await bench.plugin.probe(link(f"{WATCH}botcheck001"))
        assert [key for key, _ in bench.admins.told].count("youtube-admin-cookies") > 0
        assert len({once for key, once in bench.admins.told if key == "youtube-admin-cookies"}) == 1
        access = next(check for check in bench.plugin.health_checks() if check.name == "YouTube: access")
        assert "did not take the cookies" in (await access.check()).detail
        bench.shelf.put(read(COOKIES.encode(), now).content)
        newer = (bench.clock.now().timestamp() + 1,) * 2
        os.utime(tmp_path / "data" / "cookies.txt", newer)
        probe = await bench.plugin.probe(link(f"{WATCH}botcheck001"))
        assert probe.title == "Refused: botcheck001"
        assert (await access.check()).detail == "with cookies"
    told = repr(bench.admins.told)
    assert "secret" not in told


async def test_a_proxy_of_its_own_is_the_way_to_youtube(web: tuple[Web, YouTube], tmp_path: Path) -> None:
    network = {"ca_file": web[0].ca_file, "proxies": {"youtube": web[0].proxy_url}}
    settings = Core.model_validate({"data_dir": tmp_path, "network": network})
    async with open_context(settings, "youtube") as context:
        probe = await Plugin(patient(), context).probe(link(f"{WATCH}colourtest1"))
        with pytest.raises(ContentUnavailable) as caught:  # the filter stands before it all the same
            await context.network.fetch("https://10.0.0.1/", max_bytes=10)
    assert probe.title == "The big colour test"
    assert caught.value.reason is Reason.FORBIDDEN_ADDRESS
