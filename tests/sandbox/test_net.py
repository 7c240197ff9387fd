from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from fetchgram_sandbox.net import Line, Shaper


@pytest.fixture
async def echo_port() -> AsyncIterator[int]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def _round_trip(port: int, data: bytes) -> tuple[bytes, float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()
    try:
        writer.write(data)
        back = await reader.readexactly(len(data))
        return back, time.monotonic() - began
    finally:
        writer.transport.abort()


async def test_what_goes_in_comes_out(echo_port: int) -> None:
    data = bytes(range(256)) * 4000
    async with Shaper(echo_port) as shaper:
        back, _ = await _round_trip(shaper.port, data)
    assert back == data


async def test_a_delay_is_added_both_ways(echo_port: int) -> None:
    async with Shaper(echo_port, Line(delay_s=0.1)) as shaper:
        _, took_s = await _round_trip(shaper.port, b"x")
    assert took_s >= 0.2


async def test_many_pieces_are_under_way_at_once(echo_port: int) -> None:
    data = b"x" * 64 * 65536
    async with Shaper(echo_port, Line(delay_s=0.1)) as shaper:
        back, took_s = await _round_trip(shaper.port, data)
    assert back == data
    assert took_s < 64 * 0.2


async def test_a_rate_is_kept_for_each_connection(echo_port: int) -> None:
    data = b"x" * 400_000
    async with Shaper(echo_port, Line(bytes_per_s=1_000_000)) as shaper:
        trips = await asyncio.gather(*(_round_trip(shaper.port, data) for _ in range(3)))
    assert min(took_s for _, took_s in trips) >= 0.35


async def test_a_line_is_cut_once(echo_port: int) -> None:
    data = b"x" * 400_000
    async with Shaper(echo_port, Line(cut_after_bytes=200_000)) as shaper:
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await _round_trip(shaper.port, data)
        back, _ = await _round_trip(shaper.port, data)
    assert back == data


async def test_a_server_that_is_away_cuts_the_client(echo_port: int) -> None:
    async with Shaper(1) as shaper:
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await _round_trip(shaper.port, b"x")
