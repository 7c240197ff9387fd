"""Deciding which addresses a request may go to: names are resolved once, and every answer is judged."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from fetchgram.settings import NetworkSettings
from fetchgram.workers.addresses import IPAddress, as_address, is_local_name, is_public, unwrapped
from fetchgram.workers.allowlist import AllowList
from fetchgram.workers.refusals import RefusalReason, Refused, Unreachable

RESOLVER_THREADS = 16
MAX_ADDRESSES = 32  # more answers than any honest name has


class Resolver(Protocol):
    """Turns a name into addresses."""

    async def resolve(self, host: str) -> Sequence[str]:
        """Return every address of a name, in the order of preference; an `OSError` means that there is none."""


class SystemResolver:
    """The resolver of the operating system, in threads of its own so that slow names hold up nothing else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="resolver")

    async def resolve(self, host: str) -> Sequence[str]:
        """Ask `getaddrinfo`."""
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(self._threads, _getaddrinfo, host)
        return list(dict.fromkeys(answers))

    def close(self) -> None:
        """Let the threads go without waiting for a slow name."""
        self._threads.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Target:
    """A place that may be visited: the checked addresses, or none when the upstream proxy resolves the name."""

    host: str
    port: int
    addresses: tuple[IPAddress, ...] = ()

    @property
    def authority(self) -> str:
        """The place as a request spells it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Destinations:
    """The rules of `[network]`, asked once for each request."""

    def __init__(self, settings: NetworkSettings, resolver: Resolver) -> None:
        self._allow = AllowList.parse(settings.allow, settings.ports)
        self._ports = frozenset(settings.ports)
        self._has_upstream = settings.upstream_proxy is not None
        self._resolver = resolver
        self._timeout_s = settings.connect_timeout_s

    async def choose(self, host: str, port: int) -> Target:
        """Decide where a request for `host:port` may go.

        Raises:
            Refused: It must not go out.
            Unreachable: The name has no address.
        """
        literal = as_address(host)
        if self._allow.has_name(host, port):
            return Target(host, port, await self._resolve(host))
        if literal is not None:
            return self._judge_literal(host, port, literal)
        return await self._judge_name(host, port)

    def _judge_literal(self, host: str, port: int, literal: IPAddress) -> Target:
        reason = self._objection(literal, port)
        if reason is not None:
            raise Refused(reason, host, port)
        if self._has_upstream and not self._allow.has_address(literal, port):
            raise Refused(RefusalReason.LITERAL, host, port)
        return Target(host, port, (literal,))

    async def _judge_name(self, host: str, port: int) -> Target:
        if is_local_name(host):
            raise Refused(RefusalReason.LOCAL_NAME, host, port)
        if port not in self._ports and (self._has_upstream or not self._allow.opens(port)):
            raise Refused(RefusalReason.PORT, host, port)
        if self._has_upstream:
            return Target(host, port)
        addresses = await self._resolve(host)
        for address in addresses:  # one bad answer spoils all: the next look-up could put it first
            reason = self._objection(address, port)
            if reason is not None:
                raise Refused(reason, host, port)
        return Target(host, port, addresses)

    def _objection(self, address: IPAddress, port: int) -> RefusalReason | None:
        if self._allow.has_address(address, port):
            return None
        if not is_public(address):
            return RefusalReason.ADDRESS
        if port not in self._ports:
            return RefusalReason.PORT
        return RefusalReason.OWN_ADDRESS if _is_ours(address) else None

    async def _resolve(self, host: str) -> tuple[IPAddress, ...]:
        literal = as_address(host)
        if literal is not None:
            return (literal,)
        try:
            async with asyncio.timeout(self._timeout_s):
                answers = await self._resolver.resolve(host)
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"{host!r} has no address") from error
        addresses = [as_address(answer) for answer in answers[:MAX_ADDRESSES]]
        found = tuple(unwrapped(address) for address in addresses if address is not None)
        if not found or len(found) != len(answers):
            raise Unreachable(f"{host!r} has no usable address")
        return found


def _getaddrinfo(host: str) -> list[str]:
    return [str(answer[4][0]) for answer in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def _is_ours(address: IPAddress) -> bool:
    """Say whether a public address is this machine's own, where services behind the firewall would answer.

    Connecting a UDP socket sends nothing; the system only picks the source address: the target's when it is ours.
    """
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IP versions have no names
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(address), 9))
            return as_address(probe.getsockname()[0]) == address
    except OSError:
        return False
