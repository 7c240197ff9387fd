"""Megabytes a second over MTProto: our uploader beside kurigram's `save_file` and Telethon, on lines with a delay."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fetchgram.settings import MtprotoSettings
from fetchgram.testing import FakeLedger
from fetchgram_sandbox.mtproto.server import MtprotoServer
from fetchgram_sandbox.net import Line, Shaper
from fetchgram_sandbox.world import World
from table import Table, is_quick, ratio

_MB = 1_000_000
_SERVE = "serve"
_TELETHON_SHARE = 4
"""Telethon sends a quarter of each file: one part at a time takes long, and its rate is the same."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A line, and how much goes over it."""

    name: str
    round_trip_ms: int
    mb_per_s: int | None = None
    files: int = 1


_SHAPES = (
    Shape("0 ms", 0),
    Shape("50 ms", 50),
    Shape("100 ms", 100),
    Shape("50 ms, 8 MB/s a connection", 50, 8),
    Shape("50 ms, 4 files at once", 50, files=4),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What one upload cost; the memory is what the uploads added to the process."""

    megabytes: float
    seconds: float
    cpu_s: float
    peak_mib: float


async def main() -> None:
    """Measure and print."""
    size_mb = 32 if is_quick(__doc__ or "") else 96
    table = Table("Uploads over MTProto", "line", "who", "MB/s", "of kurigram", "CPU s/GB", "peak MiB")
    with tempfile.TemporaryDirectory(prefix="fetchgram-bench-") as name:
        path = Path(name) / "file.bin"
        path.write_bytes(os.urandom(size_mb * _MB))
        path.with_suffix(".part").write_bytes(os.urandom(size_mb * _MB // _TELETHON_SHARE))
        for shape in _SHAPES:
            async with _server(shape) as told:
                results = {who: await _in_a_process(who, path, shape.files, told) for who in _CLIENTS}
            for who, result in results.items():
                table.row(shape.name, who, *_cells(result, results["kurigram"]))
    table.note(
        f"{size_mb} MB a file, a quarter of it for Telethon. Each client and the server in a process of its own."
    )
    table.note(
        "Bound at 0 ms: the processor, shared with the server; elsewhere bytes under way divided by the round trip."
    )
    table.note("Ours has at most 8 connections and 8 MiB under way, as Telegram Desktop.")
    table.show()


def _cells(result: Result, stock: Result) -> tuple[str, ...]:
    return (
        f"{result.megabytes / result.seconds:.1f}",
        ratio(result.megabytes / result.seconds, stock.megabytes / stock.seconds),
        f"{result.cpu_s / result.megabytes * 1000:.1f}",
        f"{result.peak_mib:.0f}",
    )


@asynccontextmanager
async def _server(shape: Shape) -> AsyncIterator[dict[str, Any]]:
    arguments = (sys.executable, __file__, _SERVE, str(shape.round_trip_ms), str((shape.mb_per_s or 0) * _MB))
    process = await asyncio.create_subprocess_exec(*arguments, stdout=PIPE)
    if process.stdout is None:
        raise RuntimeError("the server has no output")
    try:
        yield json.loads(await process.stdout.readline())
    finally:
        process.kill()
        await process.wait()


async def _in_a_process(who: str, path: Path, files: int, told: dict[str, Any]) -> Result:
    arguments = (sys.executable, __file__, who, str(path), str(files), json.dumps(told))
    process = await asyncio.create_subprocess_exec(*arguments, stdout=PIPE)
    output, _ = await process.communicate()
    return Result(**json.loads(output.splitlines()[-1]))


async def _serve(round_trip_ms: int, bytes_per_s: int) -> None:
    world = World()
    world.new_person("Alice")
    line = Line(delay_s=round_trip_ms / 2000, bytes_per_s=bytes_per_s or None)
    async with MtprotoServer(world, token=f"{world.bot.id}:bench") as server, Shaper(server.port, line) as shaper:
        is_bare = not round_trip_ms and not bytes_per_s
        print(json.dumps({**server.describe(), "port": server.port if is_bare else shaper.port}), flush=True)
        await asyncio.Event().wait()


async def _ours(path: Path, files: int, told: dict[str, Any]) -> Result:
    from fetchgram.telegram.mtproto.client import Client  # noqa: PLC0415 - each client alone in its process
    from fetchgram.telegram.mtproto.login import as_bot  # noqa: PLC0415
    from fetchgram.telegram.mtproto.session import SessionFile  # noqa: PLC0415
    from fetchgram.telegram.mtproto.uploader import Upload  # noqa: PLC0415

    settings = MtprotoSettings(
        api_id=told["api_id"],
        api_hash=told["api_hash"],
        server=f"127.0.0.1:{told['port']}",
        public_key=told["public_key"],
    )
    client = Client(settings, SessionFile(path.with_suffix(".session")), as_bot(told["bot_token"]))

    async def upload(number: int) -> None:
        await Upload(
            client.pool, path, "file.bin", ledger=FakeLedger(), key=str(number), on_progress=lambda _done: None
        ).run()

    async with client.use():
        result = await _measured(upload, path, files)
    client.close()
    return result


async def _kurigram(path: Path, files: int, told: dict[str, Any]) -> Result:
    from pyrogram import Client  # noqa: PLC0415 - each client alone in its process
    from pyrogram.connection import Connection  # noqa: PLC0415

    class Here(Connection):  # type: ignore[misc] # kurigram is not typed for us
        """kurigram's own connection, to the server on loopback."""

        def __init__(self, **given: Any) -> None:
            super().__init__(**{**given, "server_address": "127.0.0.1", "port": told["port"]})

    client = Client(
        "bench",
        session_string=told["session_string"],
        in_memory=True,
        no_updates=True,
        connection_factory=Here,
        max_concurrent_transmissions=files,
    )
    async with client:
        return await _measured(lambda _number: client.save_file(str(path)), path, files)


async def _telethon(path: Path, files: int, told: dict[str, Any]) -> Result:
    import telethon  # noqa: PLC0415 - each client alone in its process
    from telethon.sessions import StringSession  # noqa: PLC0415

    telethon.crypto.rsa.add_key(told["public_key"], old=False)
    session = StringSession()
    session.set_dc(told["dc_id"], "127.0.0.1", told["port"])
    client = telethon.TelegramClient(session, told["api_id"], told["api_hash"], receive_updates=False)
    await client.start(bot_token=told["bot_token"])
    part = path.with_suffix(".part")
    result = await _measured(lambda _number: client.upload_file(str(part)), part, files)
    await client.disconnect()
    return result


async def _measured(upload: Callable[[int], Coroutine[Any, Any, Any]], path: Path, files: int) -> Result:
    rest = _peak_mib()
    began, cpu = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for number in range(files):
            group.create_task(upload(number))
    seconds = time.perf_counter() - began
    megabytes = files * path.stat().st_size / _MB
    return Result(megabytes, seconds, time.process_time() - cpu, _peak_mib() - rest)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


_CLIENTS: dict[str, Callable[[Path, int, dict[str, Any]], Coroutine[Any, Any, Result]]] = {
    "fetchgram": _ours,
    "kurigram": _kurigram,
    "Telethon": _telethon,
}


def _main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] == _SERVE:
        asyncio.run(_serve(int(sys.argv[2]), int(sys.argv[3])))
    elif len(sys.argv) > 1 and sys.argv[1] in _CLIENTS:
        result = asyncio.run(_CLIENTS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])))
        print(json.dumps(asdict(result)))
    else:
        asyncio.run(main())


if __name__ == "__main__":
    _main()
