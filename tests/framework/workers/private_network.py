"""Scenarios in a network of their own, whose loopback owns addresses that must never be reached.

Run by the tests as `unshare --net python private_network.py SCENARIO`; it refuses to run in the network it came from.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from fetchgram.errors import ContentUnavailable
from fetchgram.settings import NetworkSettings
from fetchgram.workers.guard import WayOut
from fetchgram.workers.network import GuardedNetwork

FORBIDDEN = [
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "::1",
    "64:ff9b::a00:1",
    "64:ff9b:1::a00:1",
    "2001:db8::1",
    "2002:a00:1::1",
    "fd00::1",
    "fd00:ec2::254",
    "fec0::1",
]
PUBLIC = "93.184.216.34"
OWN = "8.8.4.4"
SPELLINGS: list[str] = json.loads(Path(__file__).with_name("spellings.json").read_text("utf-8"))
YT_DLP = [
    *(sys.executable, "-m", "yt_dlp", "--ignore-config", "--no-cache-dir", "--simulate", "--ignore-errors"),
    *("--retries", "0", "--extractor-retries", "0", "--socket-timeout", "2", "--batch-file", "-"),
]


class Canary:
    """A server on every address of this network that notes who was called and for what."""

    def __init__(self) -> None:
        self.hits: list[tuple[str, str]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called = writer.get_extra_info("sockname")[0].removeprefix("::ffff:")
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ")[1]
            self.hits.append((called, path))
            writer.write(self.reply(called, path).encode())
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            self.hits.append((called, ""))
        finally:
            writer.close()

    def reply(self, called: str, path: str) -> str:
        """Redirect `/hops/3/10.0.0.1` three times inside the public site, then to 10.0.0.1; else say hello."""
        if called == PUBLIC and path.startswith("/hops/"):
            left, goal = path.removeprefix("/hops/").split("/", 1)
            location = f"http://{goal}" if int(left) == 1 else f"http://{PUBLIC}/hops/{int(left) - 1}/{goal}"
            return f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        return "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"

    def inside(self) -> list[tuple[str, str]]:
        return [hit for hit in self.hits if hit[0] != PUBLIC]


class Names:
    """A resolver that gives its answers out in order; the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str) -> Sequence[str]:
        if not self.answers:
            raise OSError(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def build_network() -> None:
    """Give loopback its addresses, after making sure that this is not the network that everybody uses."""
    if os.environ["OUTER_NETWORK"] == str(Path("/proc/self/ns/net").readlink()):
        raise SystemExit("this is no network of our own")
    _ip("link", "set", "lo", "up")
    for address in (*FORBIDDEN, PUBLIC, OWN):
        if ":" in address and address != "::1":
            _ip("address", "add", f"{address}/128", "dev", "lo", "nodad")
        elif address not in {"127.0.0.1", "::1"}:
            _ip("address", "add", f"{address}/32", "dev", "lo")
    # As seen from elsewhere: packets to the public address come from another one, so that it is not "our own".
    _ip("route", "replace", "table", "local", "local", PUBLIC, "dev", "lo", "src", "127.0.0.1")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


async def ask(way: WayOut, request: str) -> str:
    """Return the reason of a refusal, or the status."""
    reader, writer = await asyncio.open_connection(*way.address)
    writer.write(request.encode())
    reply = (await reader.read()).decode("latin-1")
    writer.close()
    _, _, refused = reply.partition("X-Fetchgram-Refused: ")
    return refused.split("\r\n")[0] or reply.split(" ")[1]


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


async def addresses(canary: Canary) -> dict[str, object]:
    """Ask for each forbidden address both ways, and once directly to see that it would answer."""
    verdicts = {}
    async with WayOut(NetworkSettings(), resolver=Names()) as way:
        for address in FORBIDDEN:
            place = bracketed(address)
            plain = await ask(way, f"GET http://{place}/ HTTP/1.1\r\n\r\n")
            verdicts[address] = [plain, await ask(way, f"CONNECT {place}:80 HTTP/1.1\r\n\r\n")]
    through = list(canary.hits)
    for address in FORBIDDEN:
        reader, writer = await asyncio.open_connection(address, 80)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await reader.read()
        writer.close()
    directly = sorted({called for called, _ in canary.hits})
    return {
        "forbidden": FORBIDDEN,
        "verdicts": verdicts,
        "reached_through": through,
        "reached_directly": directly,
    }


async def names(canary: Canary) -> dict[str, object]:
    """Names whose answers change, mix, or lead to this very machine."""

    async def once(*answers: Sequence[str], times: int = 1) -> list[str]:
        async with WayOut(NetworkSettings(), resolver=Names(*answers)) as way:
            return [await ask(way, "GET http://name.example/ HTTP/1.1\r\n\r\n") for _ in range(times)]

    return {
        "public": (await once([PUBLIC]))[0],
        "rebound": await once([PUBLIC], ["10.0.0.1"], times=2),
        "mixed": (await once([PUBLIC, "10.0.0.1"]))[0],
        "mixed_families": (await once([PUBLIC, "fd00::1"]))[0],
        "own": (await once([OWN]))[0],
        "reached": [called for called, _ in canary.hits],
    }


async def redirects(canary: Canary) -> dict[str, object]:
    """One to ten redirects inside a public site, the last one to the metadata address."""
    answers = []
    async with WayOut(NetworkSettings(), resolver=Names()) as way:
        network = GuardedNetwork(way.url)
        for hops in range(1, 11):
            try:
                await network.fetch(f"http://{PUBLIC}/hops/{hops}/169.254.169.254/latest/", max_bytes=1000)
            except ContentUnavailable as error:
                answers.append(error.reason.value)
        await network.close()
    return {"answers": answers, "followed": len(canary.hits), "reached_inside": canary.inside()}


async def ytdlp(canary: Canary) -> dict[str, object]:
    """Real yt-dlp over every spelling and chain of redirects, without the proxy and with it."""
    links = [f"http://{spelling}/{number}" for number, spelling in enumerate(SPELLINGS)]
    links += [f"http://{bracketed(address)}/f{number}" for number, address in enumerate(FORBIDDEN)]
    links.append("HTTP://127.0.0.1/upper")
    links += [f"http://{PUBLIC}/hops/{hops}/169.254.169.254/h{hops}" for hops in range(1, 11)]
    links += [f"http://{PUBLIC}/hops/1/{spelling}/s{number}" for number, spelling in enumerate(SPELLINGS[:9])]
    await run_yt_dlp(links)
    directly = canary.inside()
    canary.hits.clear()
    async with WayOut(NetworkSettings(), resolver=Names()) as way:
        await run_yt_dlp(links, "--proxy", way.url)
    return {
        "links": len(links),
        "reached_without_the_proxy": sorted({path for _, path in directly}),
        "reached_through_the_proxy": canary.inside(),
        "redirects_followed": len(canary.hits),
    }


async def run_yt_dlp(links: list[str], *options: str) -> None:
    printable = [link for link in links if link.isprintable()]
    process = await asyncio.create_subprocess_exec(
        *YT_DLP,
        *options,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "YTDLP_NO_PLUGINS": "1"},
    )
    await process.communicate("\n".join(printable).encode())


async def main(scenario: str) -> None:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    canary = Canary()
    async with AsyncExitStack() as stack:
        for host in ("0.0.0.0", "::"):
            server = await asyncio.start_server(canary.serve, host, 80)
            stack.callback(server.close)
        scenarios = {"addresses": addresses, "names": names, "redirects": redirects, "ytdlp": ytdlp}
        report = await scenarios[scenario](canary)
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    build_network()
    asyncio.run(main(sys.argv[1]))
