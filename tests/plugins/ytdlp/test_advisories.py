"""Each published hole of yt-dlp, and that our configuration is not exposed to it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.metadata import requires
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchgram.api import ContentUnavailable, Json, LinkKind
from fetchgram.testing import FakeSink
from fetchgram_ytdlp import EngineOptions, versions
from fetchgram_ytdlp.options import build, downloader_name, params
from fetchgram_ytdlp.streams import _name
from fetchgram_ytdlp.translate import tracks_of

if TYPE_CHECKING:
    from tests.plugins.ytdlp.conftest import Bench, MakeJob, MakeLink


pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(60)]


COOKIE = "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tcanary\tsecret\n"


def payload() -> dict[str, Json]:
    return {"options": EngineOptions().to_json(), "proxy": "http://127.0.0.1:9", "ca_file": None}


def cookies_of(bench: Bench, path: str) -> list[str]:
    return [headers.get("Cookie", "") for asked, headers in bench.extra.asked if asked == path]


def suffixes_in(folder: Path) -> set[str]:
    return {path.suffix for path in folder.iterdir() if path.name != ".lock"}


@pytest.fixture
def with_cookie(bench: Bench, tmp_path: Path) -> EngineOptions:
    file = tmp_path / "cookies.txt"
    file.write_text(COOKIE)
    return replace(bench.engine._options, cookies_file=file)


async def test_ghsa_v8mc_9377_rwjj_a_cookie_stays_behind_at_a_redirect(
    bench: Bench, with_cookie: EngineOptions, make_link: MakeLink
) -> None:
    elsewhere = bench.extra.url.replace("127.0.0.1", "localhost")
    bench.extra.put("/elsewhere", "<title>x</title>", content_type="text/html")
    url = bench.extra.put("/leaves", "", status=302, headers={"Location": f"{elsewhere}/elsewhere"})
    with pytest.raises(ContentUnavailable):
        await bench.engine.probe(make_link(url), options=with_cookie)
    assert cookies_of(bench, "/leaves") == ["canary=secret"]
    assert set(cookies_of(bench, "/elsewhere")) == {""}


async def test_ghsa_v8mc_9377_rwjj_a_cookie_is_not_sent_for_pieces_from_elsewhere(  # fixtures
    bench: Bench, sink: FakeSink, workdir: Path, with_cookie: EngineOptions, make_link: MakeLink, make_job: MakeJob
) -> None:
    elsewhere = bench.extra.url.replace("127.0.0.1", "localhost")
    piece = bench.site.clip("hls-144-00.ts").read_bytes()
    bench.extra.put("/own.ts", piece)
    bench.extra.put("/foreign.ts", piece)
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:2", "#EXTINF:2,", "own.ts", "#EXTINF:2,", f"{elsewhere}/foreign.ts"]
    url = bench.extra.put("/cookies.m3u8", "\n".join([*lines, "#EXT-X-ENDLIST", ""]))
    probe = await bench.engine.probe(make_link(url, LinkKind.FILE), options=with_cookie)
    await bench.engine.download(make_job(probe.link, probe.choices[0]), workdir, sink, options=with_cookie)
    assert cookies_of(bench, "/own.ts") == ["canary=secret"]
    assert cookies_of(bench, "/foreign.ts") == [""]


@pytest.mark.parametrize(
    "advisory", ["GHSA-42h4-v29r-42qg", "GHSA-hjq6-52gw-2g7p", "GHSA-45hg-7f49-5h56", "GHSA-69qj-pvh9-c5wg"]
)
async def test_exec_is_out_of_reach(advisory: str) -> None:
    downloader = build(payload())
    steps = downloader._pps  # type: ignore[attr-defined]  # where `--exec` would be
    assert [step for kind in steps.values() for step in kind] == [], advisory


async def test_ghsa_3ch3_jhc6_5r8x_instructions_in_an_address_are_refused(bench: Bench, make_link: MakeLink) -> None:
    from yt_dlp.utils import smuggle_url  # noqa: PLC0415  # yt-dlp's own spelling

    headers = {"http_headers": {"Ytdl-request-proxy": bench.inside.url}}
    url = smuggle_url(f"{bench.extra.url}/page", {**headers, "to_generic": True})
    with pytest.raises(ContentUnavailable):
        await bench.engine.probe(make_link(url))
    assert bench.inside.asked == []
    assert "/page" not in [path for path, _ in bench.extra.asked]


@pytest.mark.parametrize("advisory", ["GHSA-79w7-vh3h-8g4j", "GHSA-c6mh-fpjc-4pr3"])
@pytest.mark.parametrize(
    "suffix",
    ["exe", "bat", "cmd", "sh", "desktop", "url", "lnk", "webloc", "html", "js", "../x", "mp4/../x", "php", "py"],
)
async def test_a_file_never_gets_a_dangerous_suffix(advisory: str, suffix: str) -> None:
    (track,) = tracks_of({}, [{"format_id": "../../x", "ext": suffix, "vcodec": "avc1", "acodec": "mp4a"}])
    name = _name(0, track)
    assert name.endswith(".bin"), advisory
    assert name == Path(name).name
    assert track.container == "bin"


async def test_ghsa_3v33_3wmw_3785_an_older_ytdlp_is_never_installed_or_taken() -> None:
    (wanted,) = [each for each in requires("fetchgram-ytdlp") or () if each.startswith("yt-dlp")]
    floor = versions.released(wanted.partition(">=")[2])
    assert floor is not None
    assert (floor.year, floor.month, floor.day) >= versions.FLOOR


async def test_ghsa_g3gw_q23r_pgqm_no_command_is_asked_for_passwords() -> None:
    assert params(payload())["usenetrc"] is False
    assert build(payload()).params.get("netrc_cmd") is None


@pytest.mark.parametrize("protocol", ["https", "m3u8_native", "http_dash_segments"])
@pytest.mark.parametrize("advisory", ["GHSA-f7j3-774f-rfhj (curl)", "GHSA-vx4q-3cr2-7cg2 (aria2c)"])
async def test_external_downloaders_are_never_taken(advisory: str, protocol: str) -> None:
    stream = {"url": "https://a.example/x", "protocol": protocol}
    ours = downloader_name(build(payload()), stream)
    assert ours in ("HttpFD", "HlsFD", "DashSegmentsFD"), advisory


async def test_ghsa_6v4j_43gg_vj32_nothing_but_the_streams_is_written(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    probe = await bench.engine.probe(make_link(f"{bench.site.url}/watch/colours"))
    await bench.engine.download(make_job(probe.link, probe.choices[2]), workdir, sink)
    suffixes = suffixes_in(workdir)
    assert suffixes <= {".mp4", ".jpg", ".source", ".json"}


async def test_the_distribution_asks_for_a_ytdlp_above_the_floor() -> None:
    file = Path(__file__).parents[3] / "plugins" / "ytdlp" / "pyproject.toml"
    dependencies = tomllib.loads(file.read_text(encoding="utf-8"))["project"]["dependencies"]
    assert "yt-dlp>=2026.10.26" in dependencies
