"""Uploads for `bench_upload.py`: each client, and the server behind its line, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from fetchgram_sandbox.mtproto.server import MtprotoServer
from fetchgram_sandbox.net import Line, Shaper
from fetchgram_sandbox.world import World
from table import percentile

MB = 1_000_000
_SERVE, _UPLOAD = "serve", "upload"
_TICK_S = 0.005
_HEAD_START_S = 2.0

Told: TypeAlias = dict[str, Any]
"""What the server says of itself."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a client uploads.

    Args:
        who: One of `CLIENTS`.
        path: A file.
        files: How often it goes up at once.
        limit_s: No longer than this.
        skip_s: What the first seconds bring is not counted.
        small: A small file that goes up afterwards, once alone and once a little later than the large one.
        connections: Ours: exactly so many.
        parts: Ours: exactly so many under way.
    """

    who: str
    path: str
    files: int = 1
    limit_s: float = 60.0
    skip_s: float = 0.0
    small: str | None = None
    connections: int | None = None
    parts: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it; the memory is what the uploads added to the process, the bytes are those of each file."""

    done_bytes: list[int]
    seconds: float
    cpu_s: float
    peak_mib: float
    lag_p99_ms: float
    small_s: tuple[float, float] = (0.0, 0.0)

    @property
    def megabytes(self) -> float:
        """Return the sum."""
        return sum(self.done_bytes) / MB

    @property
    def mb_per_s(self) -> float:
        """Return the rate."""
        return self.megabytes / self.seconds


@asynccontextmanager
async def server(folder: Path, round_trip_ms: int, mb_per_s: int | None) -> AsyncIterator[Told]:
    """Run the server behind a line; it keeps its files in the folder."""
    store = folder / "server"
    arguments = (_SERVE, str(store), str(round_trip_ms), str((mb_per_s or 0) * MB))
    process = await asyncio.create_subprocess_exec(sys.executable, __file__, *arguments, stdout=PIPE)
    if process.stdout is None:
        raise RuntimeError("the server has no output")
    try:
        yield json.loads(await process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()
        for path in store.iterdir():
            path.unlink()


async def run(task: Task, told: Told) -> Result:
    """Upload in a new process."""
    arguments = (sys.executable, __file__, _UPLOAD, json.dumps(asdict(task)), json.dumps(told))
    process = await asyncio.create_subprocess_exec(*arguments, stdout=PIPE)
    output, _ = await process.communicate()
    return Result(**json.loads(output.splitlines()[-1]))


async def _serve(folder: Path, round_trip_ms: int, bytes_per_s: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    world = World(folder=folder)
    world.new_person("Alice")
    line = Line(delay_s=round_trip_ms / 2000, bytes_per_s=bytes_per_s or None)
    async with MtprotoServer(world, token=f"{world.bot.id}:bench") as server, Shaper(server.port, line) as shaper:
        is_bare = not round_trip_ms and not bytes_per_s
        print(json.dumps({**server.describe(), "port": server.port if is_bare else shaper.port}), flush=True)
        await stop.wait()


Upload: TypeAlias = Callable[[str, int, Callable[[int], None]], Coroutine[Any, Any, Any]]
"""Uploads a file; takes its path, a number of its own and what is called with the bytes that are up."""


@asynccontextmanager
async def _ours(task: Task, told: Told) -> AsyncIterator[Upload]:
    from fetchgram.settings import MtprotoSettings  # noqa: PLC0415 - each client alone in its process
    from fetchgram.telegram.mtproto.client import Client  # noqa: PLC0415
    from fetchgram.telegram.mtproto.login import as_bot  # noqa: PLC0415
    from fetchgram.telegram.mtproto.pool import Pool  # noqa: PLC0415
    from fetchgram.telegram.mtproto.session import SessionFile  # noqa: PLC0415
    from fetchgram.telegram.mtproto.uploader import Upload  # noqa: PLC0415
    from fetchgram.telegram.mtproto.window import Spread, Window  # noqa: PLC0415
    from fetchgram.testing import FakeLedger  # noqa: PLC0415

    settings = MtprotoSettings(
        api_id=told["api_id"],
        api_hash=told["api_hash"],
        server=f"127.0.0.1:{told['port']}",
        public_key=told["public_key"],
    )
    client = Client(settings, SessionFile(Path(task.path).with_suffix(".session")), as_bot(told["bot_token"]))
    if task.connections and task.parts:
        window, spread = Window(task.parts, first=task.parts), Spread(task.connections, first=task.connections)
        client.pool = Pool(client.dial, window, spread)

    async def upload(path: str, number: int, up: Callable[[int], None]) -> None:
        await Upload(client.pool, Path(path), "file.bin", ledger=FakeLedger(), key=str(number), on_progress=up).run()

    async with client.use():
        yield upload
    client.close()


@asynccontextmanager
async def _kurigram(task: Task, told: Told) -> AsyncIterator[Upload]:
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
        max_concurrent_transmissions=task.files,
    )

    async def upload(path: str, _number: int, up: Callable[[int], None]) -> None:
        await client.save_file(path, progress=lambda done, _total: up(done))

    async with client:
        yield upload


@asynccontextmanager
async def _telethon(_task: Task, told: Told) -> AsyncIterator[Upload]:
    import telethon  # noqa: PLC0415 - each client alone in its process
    from telethon.sessions import StringSession  # noqa: PLC0415

    telethon.crypto.rsa.add_key(told["public_key"], old=False)
    session = StringSession()
    session.set_dc(told["dc_id"], "127.0.0.1", told["port"])
    client = telethon.TelegramClient(session, told["api_id"], told["api_hash"], receive_updates=False)
    await client.start(bot_token=told["bot_token"])

    async def upload(path: str, _number: int, up: Callable[[int], None]) -> None:
        await client.upload_file(path, progress_callback=lambda done, _total: up(done))

    yield upload
    await client.disconnect()


CLIENTS = {"fetchgram": _ours, "kurigram": _kurigram, "Telethon": _telethon}


@dataclass(slots=True)
class _Lag:
    """How late the event loop wakes who sleeps, in seconds."""

    late_s: list[float] = field(default_factory=list)

    @contextmanager
    def watched(self) -> Iterator[None]:
        watching = asyncio.ensure_future(self._watch())
        try:
            yield
        finally:
            watching.cancel()

    async def _watch(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_TICK_S)
            self.late_s.append(time.perf_counter() - began - _TICK_S)


async def _upload(task: Task, told: Told) -> Result:
    async with CLIENTS[task.who](task, told) as upload:
        rest, lag, done, skipped = _memory_mib("VmRSS"), _Lag(), [0] * task.files, [0] * task.files
        began, cpu = time.perf_counter(), time.process_time()
        if task.skip_s:
            asyncio.get_running_loop().call_later(task.skip_s, lambda: skipped.__setitem__(slice(None), done))
        with lag.watched(), suppress(TimeoutError):
            async with asyncio.timeout(task.limit_s):
                await _at_once(task, upload, done)
        result = Result(
            done_bytes=[up - before for up, before in zip(done, skipped, strict=True)],
            seconds=time.perf_counter() - began - task.skip_s,
            cpu_s=time.process_time() - cpu,
            peak_mib=_memory_mib("VmHWM") - rest,
            lag_p99_ms=percentile(lag.late_s, 0.99) * 1000,
        )
        return replace(result, small_s=await _behind(task, task.small, upload)) if task.small else result


async def _at_once(task: Task, upload: Upload, done: list[int]) -> None:
    """Upload until the first file is up, so that all of them have the line to share until the end."""

    def noting(number: int) -> Callable[[int], None]:
        return lambda up: done.__setitem__(number, up)

    uploads = [asyncio.ensure_future(upload(task.path, number, noting(number))) for number in range(task.files)]
    try:
        first, _ = await asyncio.wait(uploads, return_when=asyncio.FIRST_COMPLETED)
        for each in first:
            each.result()
    finally:
        for each in uploads:
            each.cancel()
        await asyncio.gather(*uploads, return_exceptions=True)


async def _behind(task: Task, small: str, upload: Upload) -> tuple[float, float]:
    """Return how long the small file takes alone, and while the large one is on its way."""

    async def timed() -> float:
        began = time.perf_counter()
        await upload(small, -1, lambda _up: None)
        return time.perf_counter() - began

    alone = await timed()
    large = asyncio.ensure_future(upload(task.path, 0, lambda _up: None))
    await asyncio.sleep(_HEAD_START_S)
    behind = await timed()
    large.cancel()
    await asyncio.gather(large, return_exceptions=True)
    return alone, behind


def _memory_mib(kind: str) -> float:
    """Read VmRSS, the memory now, or VmHWM, the most there ever was; getrusage would begin with the parent's."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind)) / 1024


def _main() -> None:
    if sys.argv[1] == _SERVE:
        asyncio.run(_serve(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
    else:
        print(json.dumps(asdict(asyncio.run(_upload(Task(**json.loads(sys.argv[2])), json.loads(sys.argv[3]))))))


if __name__ == "__main__":
    _main()
