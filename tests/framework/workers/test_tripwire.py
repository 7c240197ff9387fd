from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.framework.workers.conftest import MakePool, Pool


class Server:
    """Counts who connects."""

    def __init__(self) -> None:
        self.hits = 0
        self.port = 0

    async def greet(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.hits += 1
        writer.close()


@pytest.fixture
async def servers() -> AsyncIterator[tuple[Server, Server]]:
    pair = Server(), Server()
    listeners = [await asyncio.start_server(server.greet, "127.0.0.1", 0) for server in pair]
    for server, listener in zip(pair, listeners, strict=True):
        server.port = listener.sockets[0].getsockname()[1]
    yield pair
    for listener in listeners:
        listener.close()
        await listener.wait_closed()


@pytest.fixture(params=["fork", "spawn"])
async def confined(request: pytest.FixtureRequest, make_pool: MakePool, servers: tuple[Server, Server]) -> Pool:
    return await make_pool(way_out=("127.0.0.1", servers[0].port), start_method=request.param)


def to(way: str, server: Server, **more: str) -> dict[str, Any]:
    return {"way": way, "host": "127.0.0.1", "port": server.port, **more}


@pytest.mark.parametrize("way", ["connect", "connect_ex", "asyncio"])
async def test_only_the_way_out_can_be_connected_to(confined: Pool, servers: tuple[Server, Server], way: str) -> None:
    proxy, canary = servers
    assert "refused" in await confined.run("pool_targets:network", to(way, canary))
    assert await confined.run("pool_targets:network", to(way, proxy)) == "passed"
    await asyncio.sleep(0.05)
    assert canary.hits == 0
    assert proxy.hits == 1


@pytest.mark.parametrize("way", ["sendto", "sendmsg", "getaddrinfo", "gethostbyname", "bind"])
async def test_other_ways_are_refused(confined: Pool, servers: tuple[Server, Server], way: str) -> None:
    assert "refused" in await confined.run("pool_targets:network", to(way, servers[1]))


async def test_unix_sockets_are_refused(confined: Pool, servers: tuple[Server, Server], tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        job = to("unix", servers[1], path=str(tmp_path / "s"))
        assert "refused" in await confined.run("pool_targets:network", job)


async def test_without_a_way_out_there_is_no_rule(pool: Pool, servers: tuple[Server, Server]) -> None:
    assert await pool.run("pool_targets:network", to("connect", servers[1])) == "passed"
    assert await pool.run("pool_targets:network", to("bind", servers[1])) == "passed"


async def test_the_way_out_is_told_by_the_usual_variables(confined: Pool, servers: tuple[Server, Server]) -> None:
    env = (await confined.run("pool_targets:where", None))["env"]
    proxy = f"http://127.0.0.1:{servers[0].port}"
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    assert {env[name] for name in names} == {proxy}
    assert env["NO_PROXY"] == env["no_proxy"] == ""


async def test_the_tripwire_is_set_before_modules_are_imported(
    make_pool: MakePool, servers: tuple[Server, Server]
) -> None:
    pool = await make_pool(way_out=("127.0.0.1", servers[0].port), preload=("calls_home",))
    assert await pool.run("calls_home:outcome", None) == "refused"
