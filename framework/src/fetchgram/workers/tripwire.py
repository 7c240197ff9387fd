"""An audit hook that refuses ways out of a child other than the filtering proxy.

It is a tripwire, not a wall: it catches a library that forgets the proxy or starts a program, and makes that visible.
Native code, `ctypes` and system calls that CPython does not audit pass by it. A wall needs a network namespace.
"""

from __future__ import annotations

import errno
import socket
import sys

Address = tuple[str, int]

_CONNECTIONS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_NEVER = frozenset({"socket.bind", "socket.getnameinfo"})
_SPAWNS = frozenset(
    {"subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn"}
)


def refuse_network(way_out: Address) -> None:
    """Refuse from now on, for the life of this process, connections and lookups of anything but `way_out`."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith("socket.") and not _may_pass(event, arguments, way_out):
            raise PermissionError(errno.EACCES, f"{event} is only allowed to the way out")

    sys.addaudithook(hook)


def refuse_spawning() -> None:
    """Refuse from now on, for the life of this process, to start programs or to fork."""

    def hook(event: str, _arguments: tuple[object, ...]) -> None:
        if event in _SPAWNS:
            raise PermissionError(errno.EACCES, f"{event}: this pool may not start programs")

    sys.addaudithook(hook)


def _may_pass(event: str, arguments: tuple[object, ...], way_out: Address) -> bool:
    if event in _CONNECTIONS:
        return _is_way_out(arguments[0], arguments[1], way_out)
    if event in _LOOKUPS:
        return _text(arguments[0]) == way_out[0]
    return event not in _NEVER


def _is_way_out(sock: object, address: object, way_out: Address) -> bool:
    if address is None:  # sendmsg on a socket that is connected: the connection was judged
        return True
    if not isinstance(sock, socket.SocketType) or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    return isinstance(address, tuple) and (_text(address[0]), address[1]) == way_out


def _text(value: object) -> object:
    return value.decode("latin-1") if isinstance(value, bytes | bytearray) else value
