"""The way out over real sockets: what passes, what is refused, and what a misbehaving side can do."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fetchgram.settings import NetworkSettings
from fetchgram.workers.guard import Limits, WayOut, isolation_level
from fetchgram.workers.refusals import KEPT_REFUSALS, RefusalReason, Refused

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
MEGABYTE = 1024 * 1024

# Every way to say 127.0.0.1 and ::1 that some resolver, library or browser takes.
SPELLINGS: list[str] = json.loads(Path(__file__).with_name("spellings.json").read_text("utf-8"))
PRIVATE_NETWORK = Path(__file__).with_name("private_network.py")


class Names:
    """Answers from a table; a name with several rows gives them out one after the other, the last for ever."""

    def __init__(self, **rows: Sequence[Sequence[str]]) -> None:
        self.rows = {name.replace("_", "."): list(answers) for name, answers in rows.items()}
        self.asked: list[str] = []

    async def resolve(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        answers = self.rows.get(host)
        if not answers:
            raise OSError(host)
        return answers.pop(0) if len(answers) > 1 else answers[0]


@dataclass
class Site:
    """A server on loopback that keeps what reached it."""

    port: int = 0
    hits: list[bytes] = field(default_factory=list)


async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HELLO)
    await writer.drain()


@asynccontextmanager
async def open_site(
    handler: Handler = hello, host: str = "127.0.0.1", *, with_head: bool = True
) -> AsyncIterator[Site]:
    site = Site()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        site.hits.append(b"")
        try:
            if with_head:
                site.hits[-1] = await reader.readuntil(b"\r\n\r\n")
            await handler(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, host, site.port)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def open_way(
    *allow: str, limits: Limits | None = None, names: Names | None = None, **more: object
) -> AsyncIterator[WayOut]:
    settings = NetworkSettings.model_validate({"allow": allow, "connect_timeout_s": 2.0, **more})
    async with WayOut(settings, resolver=names or Names(), limits=limits) as way:
        yield way


async def ask(way: WayOut, request: bytes) -> bytes:
    """Send bytes to the proxy and read until it ends the connection."""
    reader, writer = await asyncio.open_connection(*way.address)
    try:
        writer.write(request)
        return await reader.read()
    finally:
        writer.transport.abort()


async def open_tunnel(way: WayOut, authority: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(*way.address)
    writer.write(f"CONNECT {authority} HTTP/1.1\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    return reader, writer


def get(authority: str, path: str = "/") -> bytes:
    return f"GET http://{authority}{path} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode()


def reason_in(reply: bytes) -> str:
    assert reply.startswith((b"HTTP/1.1 403 ", b"HTTP/1.1 503 ")), reply
    found = re.search(rb"X-Fetchgram-Refused: (\S+)\r\n", reply)
    assert found, reply
    return found[1].decode()


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_no_spelling_of_this_machine_is_reached(spelling: str) -> None:
    async with open_site() as canary, open_site(host="::1") as canary6:
        names = Names(public_example=[["127.0.0.1"]])
        async with open_way(names=names, ports=(canary.port, canary6.port)) as way:
            for port in (canary.port, canary6.port):
                place = f"{spelling}:{port}"
                reason_in(await ask(way, f"GET http://{place}/ HTTP/1.1\r\n\r\n".encode()))
                reason_in(await ask(way, f"CONNECT {place} HTTP/1.1\r\n\r\n".encode()))
            assert len(way.refusals) == 4
    assert canary.hits == canary6.hits == []


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["127.0.0.1", "127.0.0.2"]])
async def test_a_name_that_leads_inside_is_refused(answers: list[str]) -> None:
    async with open_site() as canary, open_way(names=Names(evil_example=[answers]), ports=(canary.port,)) as way:
        assert reason_in(await ask(way, get(f"evil.example:{canary.port}"))) == "address"
    assert canary.hits == []


async def test_one_bad_answer_among_good_ones_spoils_the_name() -> None:
    async with open_site() as site:
        names = Names(mixed_example=[["127.0.0.1", "::1"]])
        async with open_way(f"127.0.0.1:{site.port}", names=names) as way:
            assert reason_in(await ask(way, get(f"mixed.example:{site.port}"))) == "address"
    assert site.hits == []


async def test_a_name_is_resolved_once_and_the_checked_address_is_dialled() -> None:
    async with open_site() as good:
        names = Names(rebind_example=[["127.0.0.1"], ["127.0.0.2"]])
        async with open_way(f"127.0.0.1:{good.port}", names=names) as way:
            reply = await ask(way, get(f"rebind.example:{good.port}"))
            assert reply.endswith(b"hello")
            assert names.asked == ["rebind.example"]
            assert reason_in(await ask(way, get(f"rebind.example:{good.port}"))) == "address"
    assert len(good.hits) == 1


async def test_the_local_site_is_reached_by_configuration_alone() -> None:
    async with open_site() as site, open_way(f"127.0.0.1:{site.port}") as way:
        reply = await ask(way, get(f"127.0.0.1:{site.port}", "/a?b=c"))
        assert reply == b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
        reader, writer = await open_tunnel(way, f"127.0.0.1:{site.port}")
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await reader.read() == HELLO
        writer.close()
        assert way.refusals == ()
    assert site.hits[0].startswith(f"GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n".encode())


async def test_an_allowed_name_may_lead_inside() -> None:
    async with open_site() as site, open_way("localhost", "*.test", names=Names(), ports=(site.port,)) as way:
        names = way._destinations._resolver
        assert isinstance(names, Names)
        names.rows |= {"localhost": [["127.0.0.1"]], "media.test": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]}
        assert (await ask(way, get(f"localhost:{site.port}"))).endswith(b"hello")
        assert (await ask(way, get(f"media.test:{site.port}"))).endswith(b"hello")
        assert reason_in(await ask(way, get(f"other.example:{site.port}"))) == "address"


@pytest.mark.parametrize("port", [22, 25, 6379, 9200])
async def test_only_ports_of_web_sites_are_open(port: int) -> None:
    names = Names(public_example=[["8.8.8.8"]])
    async with open_way(names=names) as way:
        assert reason_in(await ask(way, f"CONNECT public.example:{port} HTTP/1.1\r\n\r\n".encode())) == "port"
        assert reason_in(await ask(way, f"CONNECT 8.8.8.8:{port} HTTP/1.1\r\n\r\n".encode())) == "port"
    assert names.asked == []


async def test_a_name_without_an_address_is_unreachable_not_refused() -> None:
    async with open_way() as way:
        assert (await ask(way, get("nowhere.example"))).startswith(b"HTTP/1.1 502 ")
        assert way.refusals == ()


@pytest.mark.parametrize("answers", [[], ["not an address"], ["8.8.8.8"] * 33])
async def test_answers_that_cannot_be_judged_are_not_used(answers: list[str]) -> None:
    async with open_way(names=Names(odd_example=[answers])) as way:
        assert (await ask(way, get("odd.example"))).startswith(b"HTTP/1.1 502 ")


async def test_a_resolver_that_hangs_is_given_up() -> None:
    class Never:
        async def resolve(self, host: str) -> Sequence[str]:
            await asyncio.sleep(60)
            return []

    async with WayOut(NetworkSettings(connect_timeout_s=0.1), resolver=Never()) as way, asyncio.timeout(3):
        assert (await ask(way, get("slow.example"))).startswith(b"HTTP/1.1 502 ")


async def test_the_resolver_of_the_system_is_used_by_default() -> None:
    async with open_site() as site, WayOut(NetworkSettings(allow=(f"localhost:{site.port}",))) as way:
        assert (await ask(way, get(f"localhost:{site.port}"))).endswith(b"hello")


async def test_a_place_that_does_not_listen_is_unreachable() -> None:
    async with open_site() as site:
        port = site.port
    async with open_way(f"127.0.0.1:{port}") as way:
        told = await ask(way, get(f"127.0.0.1:{port}"))
        assert told.startswith(b"HTTP/1.1 502 ")
        assert b"\r\nX-Fetchgram-Unreachable: 1\r\n" in told
        assert (await ask(way, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())).startswith(b"HTTP/1.1 502 ")


async def test_a_second_request_on_the_same_connection_is_never_looked_at() -> None:
    async with (
        open_site() as site,
        open_site() as canary,
        open_way(f"127.0.0.1:{site.port}", f"127.0.0.1:{canary.port}") as way,
    ):
        reply = await ask(way, get(f"127.0.0.1:{site.port}") + get(f"127.0.0.1:{canary.port}"))
    assert reply.count(b"HTTP/1.1 ") == 1
    assert b"Connection: close" in reply
    assert (len(site.hits), canary.hits) == (1, [])


async def test_exactly_the_stated_body_goes_out() -> None:
    bodies = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bodies.append(await reader.readexactly(5))
        writer.write(HELLO)
        await asyncio.sleep(0.05)
        bodies.append(reader._buffer)  # type: ignore[attr-defined]  # nothing may have followed the body

    async with open_site(take) as site, open_way(f"127.0.0.1:{site.port}") as way:
        head = f"POST http://127.0.0.1:{site.port}/ HTTP/1.1\r\nContent-Length: 5\r\n\r\n".encode()
        assert (await ask(way, head + b"12345GET /smuggled HTTP/1.1\r\n\r\n")).endswith(b"hello")
        await asyncio.sleep(0.1)
    assert bodies == [b"12345", b""]


async def test_interim_answers_stay_behind() -> None:
    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + HELLO)

    async with open_site(early) as site, open_way(f"127.0.0.1:{site.port}") as way:
        assert (await ask(way, get(f"127.0.0.1:{site.port}"))).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("garbage", [b"", b"SSH-2.0-OpenSSH\r\n\r\n", b"x" * 200_000, b"HTTP/1.1 100 C\r\n\r\n" * 20])
async def test_an_answer_that_is_not_http_is_a_bad_gateway(garbage: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(garbage)

    async with open_site(talk) as site, open_way(f"127.0.0.1:{site.port}") as way:
        assert (await ask(way, get(f"127.0.0.1:{site.port}"))).startswith(b"HTTP/1.1 502 ")


async def test_an_answer_that_was_cut_short_does_not_look_complete() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello")

    async with open_site(cut) as site, open_way(f"127.0.0.1:{site.port}") as way:
        with pytest.raises(ConnectionResetError):
            await ask(way, get(f"127.0.0.1:{site.port}"))


async def test_an_answer_ends_where_it_says_even_if_the_server_holds_on() -> None:
    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HELLO)
        await asyncio.sleep(60)

    async with open_site(hold) as site, open_way(f"127.0.0.1:{site.port}") as way, asyncio.timeout(2):
        assert (await ask(way, get(f"127.0.0.1:{site.port}"))).endswith(b"hello")


async def test_each_side_of_a_tunnel_may_end_before_the_other() -> None:
    async def sum_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(str(len(await reader.read())).encode())

    async with open_site(sum_up, with_head=False) as site, open_way(f"127.0.0.1:{site.port}") as way:
        reader, writer = await open_tunnel(way, f"127.0.0.1:{site.port}")
        writer.write(b"x" * MEGABYTE)
        writer.write_eof()
        assert await reader.read() == str(MEGABYTE).encode()
        writer.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def test_fifty_tunnels_run_at_once() -> None:
    async def run(number: int) -> None:
        reader, writer = await open_tunnel(way, f"127.0.0.1:{site.port}")
        message = number.to_bytes(2, "big") * 50_000
        writer.write(message)
        assert await reader.readexactly(len(message)) == message
        writer.close()

    async with (
        open_site(echo, with_head=False) as site,
        open_way(f"127.0.0.1:{site.port}") as way,
        asyncio.TaskGroup() as group,
    ):
        for number in range(50):
            group.create_task(run(number))
    assert len(site.hits) == 50


async def test_a_large_file_arrives_whole_and_soon() -> None:
    block = bytes(range(256)) * 1024

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(block) * 256))
        for _ in range(256):
            writer.write(block)
            await writer.drain()

    async with open_site(send) as site, open_way(f"127.0.0.1:{site.port}") as way, asyncio.timeout(5):
        reply = await ask(way, get(f"127.0.0.1:{site.port}"))
    body = reply.split(b"\r\n\r\n", 1)[1]
    assert hashlib.sha256(body).digest() == hashlib.sha256(block * 256).digest()


async def test_a_client_that_does_not_read_holds_up_the_server_not_the_memory() -> None:
    sent = 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while True:
            writer.write(b"x" * MEGABYTE)
            await writer.drain()
            sent += MEGABYTE

    async with open_site(pour, with_head=False) as site, open_way(f"127.0.0.1:{site.port}") as way:
        _, writer = await open_tunnel(way, f"127.0.0.1:{site.port}")
        await asyncio.sleep(0.7)
        early = sent
        await asyncio.sleep(0.3)
        assert sent == early < 64 * MEGABYTE
        writer.transport.abort()


async def test_a_silent_tunnel_is_closed_and_a_busy_one_is_not() -> None:
    async with (
        open_site(echo, with_head=False) as site,
        open_way(f"127.0.0.1:{site.port}", limits=Limits(idle_s=0.3)) as way,
    ):
        reader, writer = await open_tunnel(way, f"127.0.0.1:{site.port}")
        for _ in range(6):
            writer.write(b"x")
            assert await reader.readexactly(1) == b"x"
            await asyncio.sleep(0.1)
        with pytest.raises(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize("is_tunnel", [True, False])
async def test_a_connection_carries_no_more_than_its_limit(*, is_tunnel: bool) -> None:
    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * MEGABYTE)
        await writer.drain()

    async with open_site(pour) as site:
        place = f"127.0.0.1:{site.port}"
        async with open_way(place, limits=Limits(connection_bytes=100_000)) as way:
            request = f"CONNECT {place} HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n".encode() if is_tunnel else get(place)
            with pytest.raises(ConnectionResetError):
                await ask(way, request)
            assert way.refusal_counts == {RefusalReason.BYTES: 1}
            assert (way.refusals[0].host, way.refusals[0].port) == ("127.0.0.1", site.port)


async def test_a_request_that_drips_in_is_dropped() -> None:
    async with open_way(limits=Limits(header_s=0.3)) as way:
        _, writer = await asyncio.open_connection(*way.address)
        with pytest.raises(ConnectionError):
            await _drip(writer, b"GET http://example.com/" + b"x" * 150)
        writer.transport.abort()


async def _drip(writer: asyncio.StreamWriter, message: bytes) -> None:
    for byte in message:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("size", [40_000, 70_000, 500_000])
async def test_headers_that_are_too_large_are_refused(size: int) -> None:
    async with open_way() as way:
        head = b"GET http://example.com/ HTTP/1.1\r\nX: " + b"x" * size + b"\r\n\r\n"
        assert reason_in(await ask(way, head)) == "headers-too-large"


async def test_a_connection_over_the_limit_is_told_to_come_back() -> None:
    async with (
        open_site(echo, with_head=False) as site,
        open_way(f"127.0.0.1:{site.port}", max_connections=1) as way,
    ):
        _, writer = await open_tunnel(way, f"127.0.0.1:{site.port}")
        assert reason_in(await ask(way, get(f"127.0.0.1:{site.port}"))) == "busy"
        writer.close()
        await asyncio.sleep(0.05)
        (await open_tunnel(way, f"127.0.0.1:{site.port}"))[1].close()


async def test_leaving_ends_every_connection() -> None:
    async with open_site(echo, with_head=False) as site:
        async with open_way(f"127.0.0.1:{site.port}") as way:
            address = way.address
            reader, writer = await open_tunnel(way, f"127.0.0.1:{site.port}")
            idle_reader, idle_writer = await asyncio.open_connection(*address)
            await asyncio.sleep(0.05)
        for stream in (reader, idle_reader):
            with pytest.raises(ConnectionResetError):
                await stream.read()
        writer.close()
        idle_writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*address)


async def test_refusals_are_counted_and_only_the_latest_kept() -> None:
    async with open_way() as way:
        for number in range(KEPT_REFUSALS + 5):
            way._refusals.add(_refused(number))
        assert len(way.refusals) == KEPT_REFUSALS
        assert way.refusals[0].port == 5
        assert way.refusals[-1].at.tzinfo is not None
        assert way.refusal_counts == {RefusalReason.PORT: KEPT_REFUSALS + 5}


def _refused(port: int) -> Refused:
    return Refused(RefusalReason.PORT, "example.com", port)


@asynccontextmanager
async def open_upstream(reply: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> AsyncIterator[Site]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        await echo(reader, writer)

    async with open_site(serve) as site:
        yield site


async def test_the_upstream_proxy_gets_names_unresolved_and_its_credentials() -> None:
    async with open_upstream() as upstream:
        proxy = f"http://me:p%40ss@127.0.0.1:{upstream.port}"
        names = Names()
        async with open_way(names=names, upstream_proxy=proxy) as way:
            reader, writer = await open_tunnel(way, "www.youtube.com:443")
            writer.write(b"ping")
            assert await reader.readexactly(4) == b"ping"
            writer.close()
            assert await reader.read() == b""
        assert names.asked == []
    (head,) = upstream.hits
    assert head.startswith(b"CONNECT www.youtube.com:443 HTTP/1.1\r\nHost: www.youtube.com:443\r\n")
    assert b"\r\nProxy-Authorization: Basic bWU6cEBzcw==\r\n" in head


async def test_plain_requests_reach_the_upstream_proxy_in_absolute_form() -> None:
    async with (
        open_upstream(HELLO) as upstream,
        open_way(upstream_proxy=f"http://me:pw@127.0.0.1:{upstream.port}") as way,
    ):
        assert (await ask(way, get("example.com", "/x"))).endswith(b"hello")
    assert upstream.hits[0].startswith(b"GET http://example.com/x HTTP/1.1\r\nHost: example.com\r\n")
    assert b"Proxy-Authorization: Basic bWU6cHc=\r\n" in upstream.hits[0]


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("127.0.0.1", "address"),
        ("169.254.169.254", "address"),
        ("[::1]", "address"),
        ("8.8.8.8", "literal"),
        ("[2606:4700::1111]", "literal"),
        ("localhost", "local-name"),
        ("metadata.google.internal", "local-name"),
        ("nas.local", "local-name"),
        ("router.home.arpa", "local-name"),
        ("intranet", "local-name"),
        ("127.1", "spelling"),
    ],
)
async def test_behind_an_upstream_proxy_literals_and_local_names_stay_refused(host: str, reason: str) -> None:
    async with open_upstream() as upstream, open_way(upstream_proxy=f"http://127.0.0.1:{upstream.port}") as way:
        assert reason_in(await ask(way, get(host))) == reason
        assert reason_in(await ask(way, f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode())) == reason
        assert reason_in(await ask(way, b"CONNECT example.com:22 HTTP/1.1\r\n\r\n")) == "port"
    assert upstream.hits == []


async def test_an_allowed_place_is_reached_past_the_upstream_proxy() -> None:
    async with open_upstream() as upstream, open_site() as site:
        allow = f"127.0.0.1:{site.port}"
        async with open_way(allow, upstream_proxy=f"http://127.0.0.1:{upstream.port}") as way:
            assert (await ask(way, get(f"127.0.0.1:{site.port}"))).endswith(b"hello")
            reader, writer = await open_tunnel(way, allow)
            writer.write(b"GET /through HTTP/1.1\r\n\r\n")
            assert await reader.read() == HELLO
            writer.close()
    assert site.hits[1] == b"GET /through HTTP/1.1\r\n\r\n"
    assert upstream.hits == []


@pytest.mark.parametrize(
    "reply", [b"HTTP/1.1 407 Auth\r\n\r\n", b"HTTP/1.1 502 No\r\n\r\n", b"nonsense\r\n\r\n", b"x" * 200_000]
)
async def test_an_upstream_proxy_that_says_no_is_a_bad_gateway(reply: bytes) -> None:
    async with open_upstream(reply) as upstream, open_way(upstream_proxy=f"http://127.0.0.1:{upstream.port}") as way:
        assert (await ask(way, b"CONNECT example.com:443 HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 502 ")


@pytest.mark.parametrize(
    "url", ["socks5://me:secret@host:1", "https://host:1", "host:1", "http://", "http://host/path"]
)
def test_an_upstream_proxy_of_another_kind_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"network\.upstream_proxy") as caught:
        WayOut(NetworkSettings(upstream_proxy=url))
    assert "secret" not in str(caught.value)


def test_an_allow_entry_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ValueError, match=r"network\.allow: 'http://x'"):
        WayOut(NetworkSettings(allow=("http://x",)))


def test_a_way_out_that_is_not_open_has_no_address() -> None:
    with pytest.raises(RuntimeError, match="not open"):
        _ = WayOut(NetworkSettings(), resolver=Names()).url


def test_the_check_command_can_say_what_isolates_children() -> None:
    assert isolation_level() == "proxy + audit hook"


def this_network() -> str:
    return str(Path("/proc/self/ns/net").readlink())


async def run_in_private_network(scenario: str) -> dict[str, Any]:
    """Run a scenario where this machine owns the addresses that must never be reached, and nothing leads outside."""
    options = ["--net"] if os.geteuid() == 0 else ["--map-root-user", "--net"]
    command = ["unshare", *options, sys.executable, str(PRIVATE_NETWORK), scenario]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"OUTER_NETWORK": this_network()},
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    report: dict[str, Any] = json.loads(out.splitlines()[-1])
    return report


@pytest.mark.timeout(60)
async def test_forbidden_addresses_that_answer_are_not_reached() -> None:
    report = await run_in_private_network("addresses")
    assert len(report["reached_directly"]) == len(report["forbidden"]) > 10
    assert report["verdicts"] == {address: ["address", "address"] for address in report["forbidden"]}
    assert report["reached_through"] == []


@pytest.mark.timeout(60)
async def test_rebinding_and_mixed_answers_do_not_lead_to_addresses_that_answer() -> None:
    report = await run_in_private_network("names")
    assert report == {
        "public": "200",
        "rebound": ["200", "address"],
        "mixed": "address",
        "mixed_families": "address",
        "own": "own-address",
        "reached": ["93.184.216.34", "93.184.216.34"],
    }


@pytest.mark.timeout(60)
async def test_redirects_from_a_public_site_do_not_lead_inside() -> None:
    report = await run_in_private_network("redirects")
    assert report["answers"] == ["forbidden_address"] * 5 + ["unreachable"] * 5
    assert report["followed"] > 10
    assert report["reached_inside"] == []


@pytest.mark.timeout(120)
async def test_yt_dlp_behind_the_proxy_reaches_nothing_however_spelled_or_redirected() -> None:
    report = await run_in_private_network("ytdlp")
    assert report["links"] > 90
    assert len(report["reached_without_the_proxy"]) > 30
    assert report["redirects_followed"] >= 10
    assert report["reached_through_the_proxy"] == []
