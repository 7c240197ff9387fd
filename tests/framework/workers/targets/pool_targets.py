"""Functions that the tests run in children."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from fetchgram.errors import ContentUnavailable

KEPT: list[bytes] = []


def echo(payload: Any, report: Any) -> Any:
    return payload


def where(payload: Any, report: Any) -> Any:
    return {
        "pid": os.getpid(),
        "ppid": os.getppid(),
        "pgid": os.getpgrp(),
        "sid": os.getsid(0),
        "cwd": str(Path.cwd()),
        "env": dict(os.environ),
        "initial_env": Path("/proc/self/environ").read_text().replace("\0", "\n"),
        "stdin": str(Path("/proc/self/fd/0").readlink()),
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "files": resource.getrlimit(resource.RLIMIT_NOFILE),
        "nice": os.nice(0),
        "modules": sorted(sys.modules),
        "descriptors": sorted(_descriptors()),
    }


def _descriptors() -> Iterator[str]:
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the one that lists the folder is closed by now
            yield str(descriptor.readlink()).split(":", maxsplit=1)[0]


def count(payload: Any, report: Any) -> Any:
    for number in range(payload):
        report({"number": number})
    return "counted"


def nap(payload: Any, report: Any) -> Any:
    report({"pid": os.getpid()})
    time.sleep(payload)
    return "slept"


def span(payload: Any, report: Any) -> Any:
    """Return when the job began and ended; the monotonic clock is one for all processes."""
    started_s = time.monotonic()
    report({"pid": os.getpid()})
    time.sleep(payload)
    return [started_s, time.monotonic()]


def deaf_nap(payload: Any, report: Any) -> Any:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return nap(payload, report)


def fail(payload: Any, report: Any) -> Any:
    raise ValueError(f"about {payload}")


def gone(payload: Any, report: Any) -> Any:
    raise ContentUnavailable("private", "members only")


def leave(payload: Any, report: Any) -> Any:
    sys.exit(payload)


def die(payload: Any, report: Any) -> Any:
    sys.stdout.write("last words\n")
    sys.stdout.flush()
    os._exit(payload)


def die_by_signal(payload: Any, report: Any) -> Any:
    os.kill(os.getpid(), payload)
    time.sleep(10)


def big_answer(payload: Any, report: Any) -> Any:
    return "x" * payload


def big_report(payload: Any, report: Any) -> Any:
    report("x" * payload)


def not_json(payload: Any, report: Any) -> Any:
    return {1, 2}


def hog(payload: Any, report: Any) -> Any:
    report({"pid": os.getpid()})
    while True:
        KEPT.append(os.urandom(1024) * 1024 * 8)
        time.sleep(0.02)


def hog_at_once(payload: Any, report: Any) -> Any:
    return len(bytearray(payload))


def swell(payload: Any, report: Any) -> Any:
    KEPT.append(b"x" * payload)
    return os.getpid()


def chatter(payload: Any, report: Any) -> Any:
    for _ in range(payload):
        sys.stdout.write("x" * 1023 + "\n")
    sys.stdout.write("123456789:" + "A" * 35 + "\n")
    sys.stdout.flush()
    return "done"


def leave_a_thread(payload: Any, report: Any) -> Any:
    threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
    return os.getpid()


def with_grandchild(payload: Any, report: Any) -> Any:
    grandchild = subprocess.Popen(
        [sys.executable, "-c", payload["script"]], stdin=subprocess.DEVNULL, start_new_session=payload["new_session"]
    )
    report({"pid": os.getpid(), "grandchild": grandchild.pid})
    if payload.get("wait", True):
        time.sleep(30)
    return os.getpid()


def spawn_by(payload: Any, report: Any) -> Any:
    ways: dict[str, Callable[[], object]] = {
        "subprocess": lambda: subprocess.run(["true"], check=True),
        "system": lambda: os.system("true"),
        "posix_spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
        "fork": os.fork,
        "exec": lambda: os.execv("/bin/true", ["true"]),
    }
    return _tried(ways[payload])


def network(payload: Any, report: Any) -> Any:
    host, port = payload["host"], payload["port"]
    ways: dict[str, Callable[[], object]] = {
        "connect": lambda: socket.create_connection((host, port), timeout=2).close(),
        "connect_ex": lambda: socket.socket().connect_ex((host, port)),
        "sendto": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", (host, port)),
        "sendmsg": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, (host, port)),
        "getaddrinfo": lambda: socket.getaddrinfo("localhost", port),
        "gethostbyname": lambda: socket.gethostbyname("localhost"),
        "bind": lambda: socket.socket().bind(("127.0.0.1", 0)),
        "unix": lambda: socket.socket(socket.AF_UNIX).connect(payload.get("path", "/nowhere")),
        "asyncio": lambda: asyncio.run(_open(host, port)),
    }
    return _tried(ways[payload["way"]])


async def _open(host: str, port: int) -> None:
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
    await writer.wait_closed()


def _tried(way: Callable[[], object]) -> str:
    try:
        way()
    except PermissionError as error:
        return f"refused: {error}"
    return "passed"


def write(payload: Any, report: Any) -> Any:
    report({"pid": os.getpid()})
    with Path(payload["name"]).open("wb") as file:
        for _ in range(payload["blocks"]):
            file.write(b"x" * 65536)
            file.flush()
            time.sleep(payload.get("pause_s", 0))
    return str(Path(payload["name"]).absolute())


def tick(payload: Any, report: Any) -> Any:
    """Write the time to a file for ever, with the lock held."""
    report({"pid": os.getpid()})
    while True:
        Path("ticks").write_text(json.dumps(time.time()))
        time.sleep(0.02)


def is_locked(payload: Any, report: Any) -> Any:
    with Path(payload).open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
