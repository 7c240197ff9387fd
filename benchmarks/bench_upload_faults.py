"""Seconds that a fault in the middle of an upload costs, and parts sent again: ours beside kurigram's `save_file`."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyrogram import Client as Kurigram
from pyrogram.connection import Connection

from fetchgram.settings import MtprotoSettings
from fetchgram.telegram.mtproto.client import Client
from fetchgram.telegram.mtproto.login import as_bot
from fetchgram.telegram.mtproto.session import SessionFile
from fetchgram.telegram.mtproto.uploader import PART_BYTES, Upload
from fetchgram.testing import FakeLedger
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.mtproto.server import MtprotoServer
from fetchgram_sandbox.net import Line, Shaper
from fetchgram_sandbox.world import World
from table import Table, is_quick, silence_logs

_PARTS = 64
_ROUND_TRIP_S = 0.05
_CAP_BYTES_PER_S = 8_000_000
_FLOOD_S = 2
_PATIENCE_S = 150.0
_SAVE = "upload.saveBigFilePart"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to the part in the middle of a file, and how long it asks to wait."""

    name: str
    fault: Fault | None
    asked_s: float = 0.0


_TROUBLES = (
    Trouble("nothing", None),
    Trouble("a dropped connection", Fault(_SAVE, "close")),
    Trouble("a lost reply", Fault(_SAVE, "lost")),
    Trouble(
        f"a flood wait of {_FLOOD_S} s",
        Fault(_SAVE, "error", error_code=420, description=f"FLOOD_WAIT_{_FLOOD_S}"),
        _FLOOD_S,
    ),
)


@dataclass(frozen=True, slots=True)
class Result:
    """One upload: its seconds, `None` when it did not end, and the parts that came more than once."""

    seconds: float | None
    again: int


async def main() -> None:
    """Measure and print."""
    rounds = 1 if is_quick(__doc__ or "") else 3
    silence_logs()
    table = Table("Faults in the middle of an upload over MTProto", "fault", "who", "cost s", "most s", "parts again")
    with tempfile.TemporaryDirectory(prefix="fetchgram-bench-") as folder:
        path = Path(folder) / "file.bin"
        path.write_bytes(os.urandom(_PARTS * PART_BYTES))
        async with _server() as (server, port), AsyncExitStack() as stack:
            clients = {
                "fetchgram": await stack.enter_async_context(_ours(server, port, path)),
                "kurigram": await stack.enter_async_context(_kurigram(server, port, path)),
            }
            results: dict[tuple[Trouble, str], list[Result]] = defaultdict(list)
            for who, upload in clients.items():
                await upload()  # a first one finds out how the line is
                for trouble in _TROUBLES * rounds:
                    results[trouble, who].append(await _measured(server, trouble, upload))
            cancelled = [await _cancelled(server, clients["fetchgram"]) for _ in range(rounds)]
    for trouble in _TROUBLES:
        for who in clients:
            table.row(trouble.name, who, *_cells(results[trouble, who], results[_TROUBLES[0], who], trouble.asked_s))
    table.note(f"{_PARTS // 2} MiB, {_ROUND_TRIP_S * 1000:.0f} ms round trip, 8 MB/s a connection, {rounds} rounds.")
    table.note("Cost: beside the same upload without a fault, and without the wait that was asked for.")
    table.note(
        f"Cancelled in the middle, all connections of fetchgram are closed after {max(cancelled):.2f} s at most."
    )
    table.note(f"No end: not within {_PATIENCE_S:.0f} s, or an error.")
    table.show()


def _cells(results: list[Result], clean: list[Result], asked_s: float) -> tuple[str, ...]:
    taken = [result.seconds for result in results if result.seconds is not None]
    again = str(max(result.again for result in results))
    if len(taken) < len(results):
        return "no end", "", again
    base_s = statistics.median(result.seconds or 0.0 for result in clean) + asked_s
    return f"{statistics.median(taken) - base_s:.2f}", f"{max(taken) - base_s:.2f}", again


async def _measured(server: MtprotoServer, trouble: Trouble, upload: Callable[[], Awaitable[object]]) -> Result:
    happened: list[int] = []

    def rule(method: str, params: Mapping[str, object]) -> Fault | None:
        if method != _SAVE or params.get("file_part") != _PARTS // 2 or happened:
            return None
        happened.append(1)
        return trouble.fault

    server.world.faults.add_rule(rule)
    known = set(server.desk.uploads.received)
    began, seconds = time.perf_counter(), None
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await upload()
        seconds = time.perf_counter() - began
    except Exception as error:  # noqa: BLE001 - whatever a client makes of it
        print(f"  {trouble.name}: {error!r}")
    server.world.faults.clear()
    counts = [
        count for file, parts in server.desk.uploads.received.items() if file not in known for count in parts.values()
    ]
    return Result(seconds, sum(counts) - len(counts))


async def _cancelled(server: MtprotoServer, upload: Callable[[], Awaitable[object]]) -> float:
    """Cancel an upload in the middle and return the seconds until its connections are closed."""
    others, uploads = server.connections, server.desk.uploads
    half = uploads.received_bytes + _PARTS // 2 * PART_BYTES
    uploading = asyncio.ensure_future(upload())
    while uploads.received_bytes < half:
        await asyncio.sleep(0.01)
    began = time.perf_counter()
    uploading.cancel()
    await asyncio.wait([uploading])
    while server.connections > others:
        await asyncio.sleep(0.01)
    return time.perf_counter() - began


@asynccontextmanager
async def _server() -> AsyncIterator[tuple[MtprotoServer, int]]:
    """Start a server behind a line; gives the port of the line."""
    world = World()
    line = Line(delay_s=_ROUND_TRIP_S / 2, bytes_per_s=_CAP_BYTES_PER_S)
    async with MtprotoServer(world, token=f"{world.bot.id}:bench") as server, Shaper(server.port, line) as shaper:
        yield server, shaper.port
    world.close()


@asynccontextmanager
async def _ours(server: MtprotoServer, port: int, path: Path) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    told = server.describe()
    settings = MtprotoSettings.model_validate(
        {name: told[name] for name in ("api_id", "api_hash", "public_key")} | {"server": f"127.0.0.1:{port}"}
    )
    client = Client(settings, SessionFile(path.with_suffix(".session")), as_bot(server.desk.token))

    async def upload() -> object:
        async with client.use():
            sending = Upload(client.pool, path, "a", ledger=FakeLedger(), key="a", on_progress=lambda _done: None)
            return await sending.run()

    yield upload
    client.close()


@asynccontextmanager
async def _kurigram(server: MtprotoServer, port: int, path: Path) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    class Here(Connection):  # type: ignore[misc] # kurigram is not typed for us
        """kurigram's own connection, to the line on loopback."""

        def __init__(self, **given: Any) -> None:
            super().__init__(**{**given, "server_address": "127.0.0.1", "port": port})

    client = Kurigram(
        "bench",
        session_string=server.session_string(server.world.bot.id),
        in_memory=True,
        no_updates=True,
        connection_factory=Here,
    )
    async with client:
        yield lambda: client.save_file(str(path))


if __name__ == "__main__":
    asyncio.run(main())
