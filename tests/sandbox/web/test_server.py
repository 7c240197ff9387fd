"""The emulated web is reached by configuration alone, and only its own hosts are."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web as http

from fetchgram.api import ContentUnavailable, TemporarilyUnavailable
from fetchgram.settings import NetworkSettings
from fetchgram.workers.guard import WayOut
from fetchgram.workers.network import GuardedNetwork
from fetchgram_sandbox.web.server import Web
from fetchgram_sandbox.web.site import Handler, Sample


class Echo:
    """A site that says which host it was asked as."""

    samples = (Sample("Echo", "https://echo.example/"),)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return {"echo.example": self._answer, "*.echo.example": self._answer}

    async def _answer(self, request: http.Request) -> http.StreamResponse:
        return http.Response(text=f"{request.method} {request.host} {request.path_qs}")


@pytest_asyncio.fixture
async def echo() -> AsyncIterator[Web]:
    async with Web([Echo()]) as web:
        yield web


async def ask(web: Web, url: str, context: ssl.SSLContext | None = None) -> str:
    context = context or ssl.create_default_context(cafile=web.ca_file)
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session,
        session.get(url, proxy=web.proxy_url) as response,
    ):
        return await response.text()


async def test_a_host_and_those_below_it_answer_over_tls_with_a_certificate_each(echo: Web) -> None:
    assert await ask(echo, "https://echo.example/a?b=c") == "GET echo.example /a?b=c"
    assert await ask(echo, "https://a.b.echo.example/") == "GET a.b.echo.example /"
    assert [(each.method, each.host, each.path, each.query) for each in echo.requests] == [
        ("GET", "echo.example", "/a", {"b": "c"}),
        ("GET", "a.b.echo.example", "/", {}),
    ]
    assert echo.refused == ()


async def test_who_was_not_told_of_the_authority_does_not_trust_it(echo: Web) -> None:
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await ask(echo, "https://echo.example/", ssl.create_default_context())
    assert echo.requests == []


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("https://example.com/", "example.com"),
        ("https://notecho.example/", "notecho.example"),
        ("https://echo.example:8443/", "echo.example:8443"),
        ("http://echo.example/", "http://echo.example/"),
    ],
)
async def test_everything_else_is_refused_and_remembered(echo: Web, url: str, seen: str) -> None:
    if url.startswith("http://"):
        assert await ask(echo, url) == ""
    else:
        with pytest.raises(aiohttp.ClientHttpProxyError, match="502"):
            await ask(echo, url)
    assert (echo.refused, echo.requests) == ((seen,), [])


async def test_a_client_that_says_nothing_or_hangs_up_harms_nobody(echo: Web) -> None:
    host, port = echo.proxy_url.removeprefix("http://").split(":")
    silent = await asyncio.open_connection(host, int(port))
    hasty = await asyncio.open_connection(host, int(port))
    hasty[1].write(b"CONNECT echo.example:443 HTTP/1.1\r\n\r\n")
    await hasty[1].drain()
    hasty[1].transport.abort()
    assert await ask(echo, "https://echo.example/") == "GET echo.example /"
    silent[1].close()


async def test_our_way_out_passes_names_on_and_trusts_the_authority(echo: Web, tmp_path: Path) -> None:
    settings = NetworkSettings(upstream_proxy=echo.proxy_url, ca_file=echo.ca_file)
    async with WayOut(settings) as way_out:
        network = GuardedNetwork(way_out.url, ca_file=settings.ca_file, folder=tmp_path)
        try:
            fetched = await network.fetch("https://echo.example/through", max_bytes=1000)
            assert (fetched.status, fetched.body) == (200, b"GET echo.example /through")
            for url in ("https://10.0.0.1/", "https://127.0.0.1/", "https://localhost/", "https://93.184.216.34/"):
                with pytest.raises(ContentUnavailable, match="refused"):
                    await network.fetch(url, max_bytes=1000)
            assert not echo.refused
            with pytest.raises(TemporarilyUnavailable):
                await network.fetch("https://elsewhere.example/", max_bytes=1000)
            assert echo.refused == ("elsewhere.example",)
        finally:
            await network.close()
