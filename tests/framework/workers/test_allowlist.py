"""What the operator's allow-list opens, and what it leaves shut."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from fetchgram.workers.allowlist import AllowList

PORTS = (80, 443)


@pytest.mark.parametrize(
    ("entry", "host", "port", "allowed"),
    [
        ("media.local", "media.local", 443, True),
        ("media.local", "media.local", 9000, False),
        ("Media.Local:9000", "media.local", 9000, True),
        ("media.local:9000", "media.local", 443, False),
        ("media.local", "x.media.local", 443, False),
        ("*.media.local", "x.y.media.local", 443, True),
        ("*.media.local", "media.local", 443, False),
        ("*.media.local", "evilmedia.local", 443, False),
        ("*.media.local:9000", "x.media.local", 9000, True),
    ],
)
def test_a_name_opens_itself_on_its_port(entry: str, host: str, port: int, *, allowed: bool) -> None:
    assert AllowList.parse((entry,), PORTS).has_name(host, port) is allowed


@pytest.mark.parametrize(
    ("entry", "address", "port", "allowed"),
    [
        ("127.0.0.1:8000", "127.0.0.1", 8000, True),
        ("127.0.0.1:8000", "127.0.0.1", 80, False),
        ("127.0.0.1:8000", "127.0.0.2", 8000, False),
        ("127.0.0.1:8000", "::ffff:127.0.0.1", 8000, True),
        ("10.0.0.0/8", "10.9.8.7", 443, True),
        ("10.0.0.0/8", "10.9.8.7", 22, False),
        ("10.0.0.0/8:22", "10.9.8.7", 22, True),
        ("fd00::/8", "fd12::1", 80, True),
        ("[fd00::/8]:81", "fd12::1", 81, True),
        ("[fd00::]/8:81", "fd12::1", 81, True),
        ("::1", "::1", 80, True),
        ("[::1]:9000", "::1", 9000, True),
        ("10.0.0.0/8", "::1", 80, False),
    ],
)
def test_a_network_opens_its_addresses_on_its_port(entry: str, address: str, port: int, *, allowed: bool) -> None:
    assert AllowList.parse((entry,), PORTS).has_address(ip_address(address), port) is allowed


@pytest.mark.parametrize(
    "entry", ["", "*", "*.", "http://host", "host:0", "host:65536", "ho st", "10.0.0.1/8", "127.1", "user@host", "[::1"]
)
def test_an_entry_that_is_none_of_these_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match=r"network\.allow"):
        AllowList.parse((entry,), PORTS)
