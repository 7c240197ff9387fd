"""The operator's list of places that may be reached although they are not public."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from fetchgram.workers.addresses import MAX_PORT, IPAddress, as_address, parse_authority, unwrapped

_ENTRY = re.compile(r"(?P<place>\[[0-9a-f:.]+\](?:/[0-9]+)?|\[[0-9a-f:./]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class AllowEntry:
    """One line of `network.allow`: a network, a name, or every name below a suffix; without a port, the usual ones."""

    network: IPv4Network | IPv6Network | None
    name: str
    port: int | None


@dataclass(frozen=True, slots=True)
class AllowList:
    """Every entry of `network.allow`, with the ports that an entry without one means."""

    entries: tuple[AllowEntry, ...]
    ports: frozenset[int]

    @classmethod
    def parse(cls, entries: Iterable[str], ports: Iterable[int]) -> AllowList:
        """Read the entries `host`, `host:port`, `ip:port`, `cidr`, `cidr:port` and `*.suffix`.

        Raises:
            ValueError: An entry is none of these; the text names it.
        """
        return cls(tuple(_parse_entry(entry) for entry in entries), frozenset(ports))

    def has_name(self, host: str, port: int) -> bool:
        """Say whether the operator listed this name on this port."""
        return any(_matches(entry.name, host) and self._has_port(entry, port) for entry in self.entries)

    def has_address(self, ip: IPAddress, port: int) -> bool:
        """Say whether the operator listed this address on this port."""
        plain = unwrapped(ip)
        return any(
            entry.network is not None and plain in entry.network and self._has_port(entry, port)
            for entry in self.entries
        )

    def opens(self, port: int) -> bool:
        """Say whether some entry names this port, so that a name has to be resolved before it can be judged."""
        return any(entry.network is not None and entry.port == port for entry in self.entries)

    def _has_port(self, entry: AllowEntry, port: int) -> bool:
        return port == entry.port or (entry.port is None and port in self.ports)


def _matches(pattern: str, host: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _parse_entry(entry: str) -> AllowEntry:
    try:
        place, port = _split(entry.strip().lower())
        if "/" in place or as_address(place) is not None:
            return AllowEntry(ip_network(place), "", port)
        star = "*." if place.startswith("*.") else ""
        name, _ = parse_authority(place.removeprefix("*."), default_port=1)
    except ValueError as error:
        raise ValueError(
            f"network.allow: {entry!r} is not a host, an address, a network or *.suffix, with or without a port"
        ) from error
    return AllowEntry(None, star + name, port)


def _split(entry: str) -> tuple[str, int | None]:
    if entry.count(":") > 1 and not entry.startswith("["):
        return entry, None  # an IPv6 address or network without a port
    match = _ENTRY.fullmatch(entry)
    if match is None:
        raise ValueError(entry)
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port <= MAX_PORT:
        raise ValueError(entry)
    return match["place"].replace("[", "").replace("]", ""), port
