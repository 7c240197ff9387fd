"""Which addresses are public, and how the authority of a request may be spelled."""

from __future__ import annotations

import re
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

IPAddress = IPv4Address | IPv6Address

MAX_PORT = 65535
MAX_NAME_LENGTH = 253  # RFC 1035, without the root's dot

# The IANA special-purpose registry (RFC 6890), spelled out: Python's `is_global` differs from release to release.
_IPV4_REFUSED = (
    "0.0.0.0/8",  # "this network", RFC 1122
    "10.0.0.0/8",  # private, RFC 1918
    "100.64.0.0/10",  # carrier-grade NAT, RFC 6598; also Alibaba's metadata
    "127.0.0.0/8",  # loopback, RFC 1122
    "168.63.129.16/32",  # Azure's host agent (Microsoft Learn, "What is IP address 168.63.129.16?")
    "169.254.0.0/16",  # link-local, RFC 3927; cloud metadata
    "172.16.0.0/12",  # private, RFC 1918
    "192.0.0.0/24",  # IETF protocol assignments, RFC 6890; Oracle's metadata
    "192.0.2.0/24",  # documentation, RFC 5737
    "192.88.99.0/24",  # 6to4 relays, withdrawn by RFC 7526
    "192.168.0.0/16",  # private, RFC 1918
    "198.18.0.0/15",  # benchmarks, RFC 2544
    "198.51.100.0/24",  # documentation, RFC 5737
    "203.0.113.0/24",  # documentation, RFC 5737
    "224.0.0.0/4",  # multicast, RFC 5771
    "240.0.0.0/4",  # reserved, RFC 1112; limited broadcast, RFC 919
)
# Global unicast is given out of this block alone (RFC 4291 2.4): loopback, `::a.b.c.d`, link-local fe80::/10,
# site-local fec0::/10 (RFC 3879), unique local fc00::/7 (RFC 4193), multicast ff00::/8, discard 100::/64 (RFC 6666),
# local NAT64 64:ff9b:1::/48 (RFC 8215) and segment routing 5f00::/16 (RFC 9602) all lie outside.
_IPV6_GLOBAL = "2000::/3"
_IPV6_REFUSED = (
    "2001::/23",  # IETF protocol assignments, RFC 2928: Teredo (RFC 4380), benchmarks (RFC 5180), ORCHID (RFC 7343)
    "2001:db8::/32",  # documentation, RFC 3849
    "3ffe::/16",  # the former 6bone, RFC 3701
    "3fff::/20",  # documentation, RFC 9637
)
_NAT64 = "64:ff9b::/96"  # RFC 6052: the last 32 bits are the IPv4 address

# Names that never leave a site: RFC 6761, 6762 (with appendix G), 8375, and ICANN's `.internal`.
_LOCAL_SUFFIXES = (
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
)

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_PORT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]*))?", re.ASCII)


class AuthorityError(ValueError):
    """A `host:port` that is misspelled, or spelled so that two readers may disagree about it."""


def is_public(address: str | IPAddress) -> bool:
    """Say whether an address is global unicast, also after taking an IPv4 address out of its IPv6 wrapping.

    Args:
        address: An address object or its canonical text.

    Returns:
        False for everything that is special, and for text that is no address at all.
    """
    try:
        ip = unwrapped(ip_address(address))
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _ipv4_networks())
    if ip.scope_id is not None:
        return False
    if ip in IPv6Network(_NAT64):
        return is_public(IPv4Address(int(ip) & 0xFFFF_FFFF))
    if ip.sixtofour is not None:  # RFC 3056: routed to the IPv4 address inside
        return is_public(ip.sixtofour)
    return ip in IPv6Network(_IPV6_GLOBAL) and not any(ip in IPv6Network(block) for block in _IPV6_REFUSED)


def unwrapped(ip: IPAddress) -> IPAddress:
    """Return the IPv4 address that a v4-mapped one (RFC 4291 2.5.5.2) is another spelling of, else the address."""
    return ip if isinstance(ip, IPv4Address) else ip.ipv4_mapped or ip


def is_local_name(host: str) -> bool:
    """Say whether a name has a meaning only inside somebody's own network (`localhost`, `nas.local`, `intranet`)."""
    return "." not in host or any(host == suffix or host.endswith("." + suffix) for suffix in _LOCAL_SUFFIXES)


def as_address(host: str) -> IPAddress | None:
    """Return the address that a parsed host spells, or None when it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def parse_authority(text: str, *, default_port: int | None = None) -> tuple[str, int]:
    """Read `host:port` so strictly that no other reader can take it for another place.

    User-info, percent-encoding, backslashes, anything beyond ASCII, zone ids and every IPv4 spelling but four plain
    decimal numbers are refused; letters become lower case, one final dot goes, IPv6 is compressed.

    Args:
        text: The authority as it stands in a request.
        default_port: The port to take when the text names none.

    Returns:
        The host (a name, or an address without brackets) and the port.

    Raises:
        AuthorityError: The text is not exactly one host and one port.
    """
    match = _AUTHORITY.fullmatch(text.lower()) if text.isascii() else None
    if match is None:
        raise AuthorityError("an authority is a plain host and a port")
    return _parse_host(match["host"]), _parse_port(match["port"], default_port)


def _parse_host(host: str) -> str:
    if host.startswith("["):
        return str(unwrapped(_parse_ipv6(host[1:-1])))
    host = host.removesuffix(".")
    labels = host.split(".")
    if len(host) > MAX_NAME_LENGTH or not all(_LABEL.fullmatch(label) for label in labels):
        raise AuthorityError("a host name is made of labels of 1 to 63 letters, digits and hyphens")
    # As in the WHATWG URL standard, a last label that is a number makes it an IPv4 address: 127.1, 0x7f.1, 2130706433.
    return _parse_ipv4(host) if _NUMBER.fullmatch(labels[-1]) else host


def _parse_ipv4(host: str) -> str:
    try:
        return str(IPv4Address(host))  # refuses short, octal, hexadecimal and zero-padded spellings
    except AddressValueError as error:
        raise AuthorityError("an IPv4 address is four plain decimal numbers") from error


def _parse_ipv6(host: str) -> IPv6Address:
    try:
        return IPv6Address(host)
    except AddressValueError as error:
        raise AuthorityError("not an IPv6 address") from error


def _parse_port(text: str | None, default: int | None) -> int:
    if text is None and default is not None:
        return default
    if text is None or not _PORT.fullmatch(text) or int(text) > MAX_PORT:
        raise AuthorityError(f"a port is a number from 1 to {MAX_PORT}")
    return int(text)


def _ipv4_networks() -> tuple[IPv4Network, ...]:
    return tuple(IPv4Network(block) for block in _IPV4_REFUSED)
