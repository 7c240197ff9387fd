"""Which addresses are public, and which spellings of an authority are taken."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fetchgram.workers.addresses import AuthorityError, as_address, is_local_name, is_public, parse_authority

PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "100.63.255.255", "172.32.0.1", "192.0.1.1", "198.20.0.1"]
PUBLIC_6 = ["2606:4700:4700::1111", "2a00:1450:4001::200e", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"]
NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
]
NOT_PUBLIC_6 = [
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:0:808:808::f7f7:f7f7",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "3ffe::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%lo",
    "2606:4700::1%lo",
    "fec0::1",
    "ff02::1",
]
ipv4 = st.ip_addresses(v=4)
ipv6 = st.ip_addresses(v=6)


@pytest.mark.parametrize("address", PUBLIC + PUBLIC_6)
def test_global_unicast_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC + NOT_PUBLIC_6)
def test_every_special_block_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("text", ["", "example.com", "127.1", "0177.0.0.1", "[::1]", "8.8.8.8/32"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


@given(ipv4)
def test_an_ipv4_address_keeps_its_verdict_in_every_wrapping_that_reaches_it(ip: IPv4Address) -> None:
    number = int(ip)
    mapped = IPv6Address((0xFFFF << 32) | number)
    nat64 = IPv6Address((0x64FF9B << 96) | number)
    six_to_four = IPv6Address((0x2002 << 112) | (number << 80))
    assert is_public(mapped) == is_public(nat64) == is_public(six_to_four) == is_public(ip)


@given(ipv4 | ipv6)
def test_nothing_that_python_calls_private_is_public(ip: IPv4Address | IPv6Address) -> None:
    if is_public(ip):
        assert not any((ip.is_loopback, ip.is_link_local, ip.is_multicast, ip.is_unspecified))
        # Python 3.11.2 calls whatever is wrapped into 6to4 private, 3.11.7 does not.
        plain = ip.ipv4_mapped or ip.sixtofour or ip if isinstance(ip, IPv6Address) else ip
        assert plain.is_global


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("example.com:443", "example.com", 443),
        ("EXAMPLE.com.:80", "example.com", 80),
        ("xn--bcher-kva.example:8080", "xn--bcher-kva.example", 8080),
        ("rr1---sn-4g5e6nzz.googlevideo.com:443", "rr1---sn-4g5e6nzz.googlevideo.com", 443),
        ("my_bucket.s3.example:443", "my_bucket.s3.example", 443),
        ("1.2.3.4:80", "1.2.3.4", 80),
        ("1.2.3.4.:80", "1.2.3.4", 80),
        ("[2606:4700:0:0:0:0:0:1111]:443", "2606:4700::1111", 443),
        ("[::FFFF:127.0.0.1]:80", "127.0.0.1", 80),
        ("1.2.3.4.example:1", "1.2.3.4.example", 1),
        ("0x7f.example:65535", "0x7f.example", 65535),
    ],
)
def test_a_plain_authority_is_normalised(text: str, host: str, port: int) -> None:
    assert parse_authority(text) == (host, port)


MISSPELLED = [
    "",
    ":80",
    "example.com",
    "example.com:",
    "example.com:0",
    "example.com:65536",
    "example.com:080",
    "example.com:+80",
    "example.com:8_0",
    "example.com:٨٠",
    "example.com: 80",
    " example.com:80",
    "example.com:80\n",
    "example.com:80:80",
    "user@example.com:80",
    "user:password@example.com:80",
    "%31%32%37.0.0.1:80",
    "example.com%00.evil:80",
    "example.com\\@evil:80",
    "example.com/:80",
    "example.com?:80",
    "example.com#:80",
    "exa mple.com:80",
    "exa\x00mple.com:80",
    "bücher.example:80",
    "\N{KELVIN SIGN}elvin.example:80",
    "①②⑦.⓪.⓪.①:80",
    "１２７.0.0.1:80",
    "127。0。0。1:80",
    "ⓛocalhost:80",
    "..:80",
    ".example.com:80",
    "example..com:80",
    "-example.com:80",
    "example-.com:80",
    "a" * 64 + ".com:80",
    "a." * 127 + "com:80",
    "0:80",
    "127.1:80",
    "127.0.1:80",
    "2130706433:80",
    "017700000001:80",
    "0x7f000001:80",
    "0x7f.1:80",
    "0x7f.0.0.0x1:80",
    "0177.0.0.1:80",
    "127.0.0.01:80",
    "127.000.000.001:80",
    "127.0.0.0x:80",
    "127.0.0.256:80",
    "1.2.3.4.5:80",
    "example.123:80",
    "::1:80",
    "[::1",
    "[]:80",
    "[::1]80",
    "[::1%lo]:80",
    "[::1%25lo]:80",
    "[v1.fe80::a]:80",
    "[127.0.0.1]:80",
    "[::ffff:0177.0.0.1]:80",
    "[example.com]:80",
]


@pytest.mark.parametrize("text", MISSPELLED)
def test_a_spelling_that_can_be_misread_is_refused(text: str) -> None:
    with pytest.raises(AuthorityError):
        parse_authority(text)


def test_the_default_port_stands_in_only_for_a_missing_one() -> None:
    assert parse_authority("example.com", default_port=80) == ("example.com", 80)
    with pytest.raises(AuthorityError):
        parse_authority("example.com:", default_port=80)


SPELLING = st.text(alphabet="0123456789abcdefx.:[]-_%@\\ＡⅠ①。localhost", max_size=24)


@given(SPELLING | st.text(max_size=30))
@example("0x7f.1:80")
@example("1.1:80")
def test_no_name_that_is_taken_is_an_address_to_the_c_library(text: str) -> None:
    try:
        host, _ = parse_authority(text, default_port=80)
    except AuthorityError:
        return
    if as_address(host) is None:
        with pytest.raises(OSError, match="illegal"):
            socket.inet_aton(host)


@given(SPELLING)
def test_what_was_parsed_parses_to_itself(text: str) -> None:
    try:
        host, port = parse_authority(text, default_port=80)
    except AuthorityError:
        return
    spelled = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    assert parse_authority(spelled) == (host, port)


@pytest.mark.parametrize(
    "name", ["localhost", "a.localhost", "nas.local", "metadata.google.internal", "intranet", "x.home.arpa", "tv.lan"]
)
def test_names_of_a_local_network_are_known(name: str) -> None:
    assert is_local_name(name)


@pytest.mark.parametrize("name", ["example.com", "notlocal.example", "local.example", "mylocalhost.org"])
def test_other_names_are_not_local(name: str) -> None:
    assert not is_local_name(name)
