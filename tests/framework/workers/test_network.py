"""The client of plugins and the core: everything goes through the way out, and nothing grows without a limit."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from fetchgram.errors import ContentUnavailable, Reason, TemporarilyUnavailable, TooLarge, UnsupportedLink
from fetchgram.settings import NetworkSettings
from fetchgram.workers.guard import WayOut
from fetchgram.workers.network import GuardedNetwork

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

MEGABYTE = 1024 * 1024


@dataclass
class Bench:
    """A site over http and https, a place that must not be reached, the way out between, and the client."""

    network: GuardedNetwork
    way: WayOut
    http: str
    https: str
    inside: str
    seen: list[web.BaseRequest]
    seen_inside: list[web.BaseRequest]


async def listen(runner: web.ServerRunner, context: ssl.SSLContext | None = None) -> int:
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port: int = runner.addresses[-1][1]
    return port


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[web.ServerRunner]:
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    try:
        yield runner
    finally:
        await runner.cleanup()


@asynccontextmanager
async def open_bench(folder: Path, handler: Handler) -> AsyncIterator[Bench]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    seen: list[web.BaseRequest] = []
    seen_inside: list[web.BaseRequest] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(request)
        return await handler(request)

    async def answer_inside(request: web.BaseRequest) -> web.StreamResponse:
        seen_inside.append(request)
        return web.Response(text="secret")

    async with serving(answer) as site, serving(answer_inside) as inside:
        plain, encrypted, hidden = await listen(site), await listen(site, context), await listen(inside)
        settings = NetworkSettings(allow=(f"127.0.0.1:{plain}", f"127.0.0.1:{encrypted}"), connect_timeout_s=2)
        async with WayOut(settings) as way:
            network = GuardedNetwork(way.url, ca_file=folder / "ca.pem", folder=folder / "made")
            yield Bench(
                network,
                way,
                f"http://127.0.0.1:{plain}",
                f"https://127.0.0.1:{encrypted}",
                f"http://127.0.0.1:{hidden}",
                seen,
                seen_inside,
            )
            await network.close()


async def hello(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(text="hello", headers={"X-Thing": "1"})


async def test_a_small_answer_comes_whole_over_http_and_https(tmp_path: Path) -> None:
    async with open_bench(tmp_path, hello) as bench:
        for base in (bench.http, bench.https):
            fetched = await bench.network.fetch(f"{base}/a%2Fb?c=%7e&d=~", max_bytes=5, headers={"X-Mine": "2"})
            assert (fetched.status, fetched.body, fetched.headers["x-thing"]) == (200, b"hello", "1")
            assert fetched.url == f"{base}/a%2Fb?c=%7e&d=~"
        assert [request.raw_path for request in bench.seen] == ["/a%2Fb?c=%7e&d=~"] * 2
        assert {request.headers["X-Mine"] for request in bench.seen} == {"2"}


async def test_an_error_status_is_an_answer_of_fetch(tmp_path: Path) -> None:
    async def gone(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=404, text="no")

    async with open_bench(tmp_path, gone) as bench:
        assert (await bench.network.fetch(bench.http, max_bytes=10)).status == 404


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    async with open_bench(tmp_path, hello) as bench:
        stranger = GuardedNetwork(bench.way.url)
        with pytest.raises(ContentUnavailable, match="certificate"):
            await stranger.fetch(bench.https, max_bytes=10)
        await stranger.close()
        assert bench.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "example.com",
        "",
        "http://",
        "http:///x",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://user:password@example.com/",
        "http://example.com\\@127.0.0.1/",
        "http://%31%32%37.0.0.1/",
        "http://[::1%25lo]/",
        "http://[::1/",
        "http://example.com:99999/",
        "http://example.com:x/",
        "http://①②⑦.1/",
        "http://ex\u00adample\u2024com@evil/",
    ],
)
async def test_a_url_that_can_be_misread_is_not_fetched(tmp_path: Path, url: str) -> None:
    async with open_bench(tmp_path, hello) as bench:
        with pytest.raises(UnsupportedLink):
            await bench.network.fetch(url, max_bytes=10)
        assert bench.way.refusals == ()


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "①②⑦.⓪.⓪.①", "１２７.０.０.１", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_place_inside_is_refused_by_the_way_out(tmp_path: Path, scheme: str, host: str) -> None:
    async with open_bench(tmp_path, hello) as bench:
        port = bench.inside.rsplit(":", 1)[1]
        with pytest.raises(ContentUnavailable) as caught:
            await bench.network.fetch(f"{scheme}://{host}:{port}/", max_bytes=10)
        assert caught.value.reason is Reason.FORBIDDEN_ADDRESS
        assert bench.seen_inside == []


def hop(request: web.BaseRequest, bench: list[Bench]) -> web.Response:
    """Redirect `/3/…` to `/2/…`, alternating http and https, and `/1/…` to the place inside."""
    left = int(request.raw_path.split("/")[1])
    base = bench[0].https if left % 2 else bench[0].http
    location = bench[0].inside if left == 1 else f"{base}/{left - 1}/"
    return web.Response(status=(301, 302, 303, 307, 308)[left % 5], headers={"Location": location})


@pytest.mark.parametrize("hops", range(1, 11))
async def test_no_chain_of_redirects_leads_inside(tmp_path: Path, hops: int) -> None:
    benches: list[Bench] = []

    async def redirect(request: web.BaseRequest) -> web.StreamResponse:
        return hop(request, benches)

    async with open_bench(tmp_path, redirect) as bench:
        benches.append(bench)
        with pytest.raises(ContentUnavailable) as caught:
            await bench.network.fetch(f"{bench.http}/{hops}/", max_bytes=10)
        assert caught.value.reason is (Reason.FORBIDDEN_ADDRESS if hops <= 5 else Reason.UNREACHABLE)
        assert len(bench.seen) == min(hops, 6)
        assert bench.seen_inside == []


async def test_a_redirect_is_followed_and_credentials_stay_with_their_origin(tmp_path: Path) -> None:
    async def redirect(request: web.BaseRequest) -> web.StreamResponse:
        goals = {"/": "/same", "/same": f"{benches[0].https}/other"}
        if request.raw_path in goals:
            return web.Response(status=302, headers={"Location": goals[request.raw_path], "Set-Cookie": "a=b"})
        return web.Response(text="there")

    benches: list[Bench] = []
    async with open_bench(tmp_path, redirect) as bench:
        benches.append(bench)
        headers = {"Authorization": "x", "Cookie": "y", "Referer": "z"}
        fetched = await bench.network.fetch(bench.http + "/", max_bytes=10, headers=headers)
        assert (fetched.body, fetched.url) == (b"there", f"{bench.https}/other")
        assert [request.headers.get("Authorization") for request in bench.seen] == ["x", "x", None]
        assert [request.headers.get("Cookie") for request in bench.seen] == ["y", "y", None]
        assert bench.seen[-1].headers["Referer"] == "z"


@pytest.mark.parametrize(
    "location", ["ftp://example.com/", "file:///etc/passwd", "http://user@example.com/", "//127.1/"]
)
async def test_a_redirect_to_an_odd_place_is_not_followed(tmp_path: Path, location: str) -> None:
    async def redirect(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": location})

    async with open_bench(tmp_path, redirect) as bench:
        with pytest.raises(UnsupportedLink):
            await bench.network.fetch(bench.http, max_bytes=10)


async def stream(request: web.BaseRequest, chunks: int, *, headers: dict[str, str] | None = None) -> web.StreamResponse:
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    packer = zlib.compressobj(wbits=31)
    for _ in range(chunks):
        block = bytes(MEGABYTE)
        await response.write(packer.compress(block) + packer.flush(zlib.Z_SYNC_FLUSH) if headers else block)
    return response


async def announced(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(body=bytes(MEGABYTE))


async def endless(request: web.BaseRequest) -> web.StreamResponse:
    return await stream(request, 1000)


async def packed(request: web.BaseRequest) -> web.StreamResponse:
    return await stream(request, 60, headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("bomb", [announced, endless, packed])
async def test_a_body_is_cut_at_its_limit(tmp_path: Path, bomb: Handler) -> None:
    async with open_bench(tmp_path, bomb) as bench:
        with pytest.raises(TooLarge) as caught:
            await bench.network.fetch(bench.http, max_bytes=200_000)
        assert caught.value.limit_bytes == 200_000
        assert caught.value.size_bytes is not None
        assert caught.value.size_bytes <= 2 * MEGABYTE
        with pytest.raises(TooLarge):
            await bench.network.download(bench.https, tmp_path / "file", max_bytes=200_000)
        assert not (tmp_path / "file").exists()


async def test_a_body_that_announces_its_size_is_not_even_read(tmp_path: Path) -> None:
    async with open_bench(tmp_path, announced) as bench:
        with pytest.raises(TooLarge) as caught:
            await bench.network.fetch(bench.http, max_bytes=10)
        assert caught.value.size_bytes == MEGABYTE


async def test_an_answer_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    async def slow(request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response()

    async with open_bench(tmp_path, slow) as bench:
        for base in (bench.http, bench.https):
            with pytest.raises(TemporarilyUnavailable):
                await bench.network.fetch(base, max_bytes=10, timeout_s=0.3)


async def test_a_server_that_hangs_up_is_temporary(tmp_path: Path) -> None:
    async def hang_up(request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport
        request.transport.abort()
        return web.Response()

    async with open_bench(tmp_path, hang_up) as bench:
        for base in (bench.http, bench.https):
            with pytest.raises(TemporarilyUnavailable):
                await bench.network.download(base, tmp_path / "file", max_bytes=10)


async def test_a_name_without_an_address_is_temporary(tmp_path: Path) -> None:
    async with open_bench(tmp_path, hello) as bench:
        for url in ("http://nowhere.invalid/", "https://nowhere.invalid/"):
            with pytest.raises(TemporarilyUnavailable):
                await bench.network.download(url, tmp_path / "file", max_bytes=10)


async def test_a_download_arrives_whole_in_a_new_file(tmp_path: Path) -> None:
    async def three(request: web.BaseRequest) -> web.StreamResponse:
        return await stream(request, 3)

    async with open_bench(tmp_path, three) as bench:
        path = tmp_path / "file"
        assert await bench.network.download(bench.https, path, max_bytes=3 * MEGABYTE) == 3 * MEGABYTE
        assert path.read_bytes() == bytes(3 * MEGABYTE)
        with pytest.raises(FileExistsError):
            await bench.network.download(bench.https, path, max_bytes=3 * MEGABYTE)
        assert path.stat().st_size == 3 * MEGABYTE


@pytest.mark.parametrize(
    ("status", "retry_after", "error", "reason", "retry_after_s"),
    [
        (404, None, ContentUnavailable, Reason.GONE, None),
        (410, None, ContentUnavailable, Reason.GONE, None),
        (401, None, ContentUnavailable, Reason.PRIVATE, None),
        (403, None, ContentUnavailable, Reason.PRIVATE, None),
        (429, "30", TemporarilyUnavailable, None, 30.0),
        (503, "Wed, 21 Oct 2026 07:28:00 GMT", TemporarilyUnavailable, None, None),
        (500, None, TemporarilyUnavailable, None, None),
        (304, None, ContentUnavailable, Reason.GONE, None),
    ],
)
async def test_a_download_tells_lasting_failures_from_passing_ones(
    tmp_path: Path,
    status: int,
    retry_after: str | None,
    error: type[Exception],
    reason: Reason | None,
    retry_after_s: float | None,
) -> None:
    async def fail(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, headers={"Retry-After": retry_after} if retry_after else {})

    async with open_bench(tmp_path, fail) as bench:
        with pytest.raises(error) as caught:
            await bench.network.download(bench.http, tmp_path / "file", max_bytes=10)
        assert getattr(caught.value, "reason", None) == reason
        assert getattr(caught.value, "retry_after_s", None) == retry_after_s


async def test_a_way_out_that_is_gone_lets_nothing_pass(tmp_path: Path) -> None:
    async with open_bench(tmp_path, hello) as bench:
        await bench.way.__aexit__(None, None, None)
        with pytest.raises(TemporarilyUnavailable):
            await bench.network.fetch(bench.http, max_bytes=10)
        assert bench.seen == []


async def test_proxies_of_the_environment_are_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with open_bench(tmp_path, hello) as bench:
        assert (await bench.network.fetch(bench.http, max_bytes=10)).body == b"hello"
        with pytest.raises(ContentUnavailable):
            await bench.network.fetch(bench.inside, max_bytes=10)


def test_a_child_is_told_the_proxy_and_nothing_to_leave_out() -> None:
    env = GuardedNetwork("http://127.0.0.1:5").child_env()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        assert env[name] == env[name.lower()] == "http://127.0.0.1:5"
    assert env["NO_PROXY"] == env["no_proxy"] == ""
    assert "SSL_CERT_FILE" not in env


async def run(env: dict[str, str], *command: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": os.environ["PATH"], **env},
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode()


URLLIB = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"


async def test_a_child_process_takes_the_way_out_and_trusts_the_operators_authority(tmp_path: Path) -> None:
    async with open_bench(tmp_path, hello) as bench:
        env = bench.network.child_env()
        for base in (bench.http, bench.https):
            assert await run(env, sys.executable, "-c", URLLIB, base) == (0, "hello\n")
        code, output = await run(env, sys.executable, "-c", URLLIB, bench.inside)
        assert code == 1
        assert "403: Forbidden" in output
        assert bench.seen_inside == []
        assert bench.way.refusal_counts == {"address": 1}


@pytest.mark.timeout(60)
async def test_yt_dlp_downloads_over_https_with_the_variables_alone(tmp_path: Path) -> None:
    async def video(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=bytes(MEGABYTE), content_type="video/mp4")

    async with open_bench(tmp_path, video) as bench:
        goal = tmp_path / "clip.mp4"
        # yt-dlp looks at certifi's file first, which knows nothing of SSL_CERT_FILE.
        options = ("--ignore-config", "--no-cache-dir", "--compat-options", "no-certifi", "--fixup", "never")
        command = (sys.executable, "-m", "yt_dlp", *options, "-o", str(goal), f"{bench.https}/clip.mp4")
        code, output = await run(bench.network.child_env(), *command)
        assert code == 0, output
        assert goal.stat().st_size == MEGABYTE
