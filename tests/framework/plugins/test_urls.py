from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetchgram.errors import UnsupportedLink
from fetchgram.model import text
from fetchgram.plugins.detection import find_links, normalise_url

NORMAL = {
    "https://example.com/a?b=c#d": "https://example.com/a?b=c#d",
    "  https://example.com  ": "https://example.com/",
    "HTTPS://EXAMPLE.com:443/A": "https://example.com/A",
    "http://example.com:80/": "http://example.com/",
    "http://example.com:8080": "http://example.com:8080/",
    "example.com": "https://example.com/",
    "youtu.be/abc?t=1": "https://youtu.be/abc?t=1",
    "example.com:8443/x": "https://example.com:8443/x",
    "//example.com/x": "https://example.com/x",
    "example.com/?next=http://other.example/": "https://example.com/?next=http://other.example/",
    "https://user:secret@example.com/": "https://example.com/",
    "https://trusted.example@evil.example/": "https://evil.example/",
    "https://a@b@evil.example/": "https://evil.example/",
    "https://example.com./x": "https://example.com/x",
    'https://example.com/#__youtubedl_smuggle={"a":1}': "https://example.com/",
    "https://example.com/#a#__youtubedl_smuggle=1": "https://example.com/",
    "https://bücher.example/ü?ö=ß": "https://xn--bcher-kva.example/%C3%BC?%C3%B6=%C3%9F",
    "bücher.example": "https://xn--bcher-kva.example/",
    "https://пример.испытание/": "https://xn--e1afmkfd.xn--80akhbyknj4f/",
    "https://example。com/": "https://example.com/",
    "http://１２７.0.0.1/": "http://127.0.0.1/",
    "http://127.0.0.1:9000/a": "http://127.0.0.1:9000/a",
    "http://[2001:DB8:0:0::1]:80/": "http://[2001:db8::1]/",
    "https://my_host.example/": "https://my_host.example/",
    "https://example.com/%41%zz": "https://example.com/%41%zz",
    "https://example.com/a|b": "https://example.com/a|b",
    "http://localhost:8000/x": "http://localhost:8000/x",
}
REFUSED = [
    "",
    "   ",
    "hello",
    "hello world",
    "e.g",
    "user@example.com",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "ftp://example.com/a",
    "data:text/html,x",
    "https://",
    "https:///path",
    "https:example.com",
    "https://exa mple.com/",
    "https://example.com/a b",
    "https://example.com/\x00",
    "https://example.com/\n/x",
    "https://example.com/\u202egpj.exe",
    "https://example.com\\@evil.example/",
    "https://example.com:99999/",
    "https://example.com:x/",
    "https://%31%32%37.0.0.1/",
    "https://exa..mple.com/",
    "https://[::1/",
    "https://[fe80::1%25eth0]/",
    "https://[v1.a]/",
    "https://example.com/\ud800",
    "https://example.com/" + "a" * 2048,
    "https://example.com/" + "ü" * 500,
]


@pytest.mark.parametrize(("written", "url"), NORMAL.items())
def test_links_get_one_form(written: str, url: str) -> None:
    assert normalise_url(written) == url


@pytest.mark.parametrize("written", REFUSED)
def test_what_is_no_link_to_the_web_is_refused_and_told(written: str) -> None:
    with pytest.raises(UnsupportedLink) as caught:
        normalise_url(written)
    assert caught.value.text == text("not-a-link")


def test_the_longest_link_passes() -> None:
    assert len(normalise_url("https://example.com/" + "a" * 2028)) == 2048


@given(st.one_of(st.text(max_size=60), st.text(max_size=40).map("https://example.com/".__add__)))
def test_it_is_refused_or_its_form_is_final_and_plain(written: str) -> None:
    try:
        url = normalise_url(written)
    except UnsupportedLink:
        return
    assert normalise_url(url) == url
    assert url.isascii()
    assert url.startswith(("https://", "http://"))
    assert "@" not in url.split("/")[2]


FOUND = {
    "": [],
    "no link e.g. here, file.txt and a.b": [],
    "https://a.example/b": ["https://a.example/b"],
    "Look: https://a.example/b.": ["https://a.example/b"],
    "two https://a.example/1, and https://a.example/2!": ["https://a.example/1", "https://a.example/2"],
    "twice https://a.example/1 https://a.example/1": ["https://a.example/1"],
    "https://a.example/1\nhttps://a.example/2": ["https://a.example/1", "https://a.example/2"],
    "https://a.example/1https://a.example/2": ["https://a.example/1", "https://a.example/2"],
    "https://a.example/web/https://b.example/": ["https://a.example/web/https://b.example/"],
    "https://a.example/?u=https://b.example/": ["https://a.example/?u=https://b.example/"],
    "(https://a.example/b)": ["https://a.example/b"],
    "https://a.example/X_(y)": ["https://a.example/X_(y)"],
    "(see https://a.example/X_(y)).": ["https://a.example/X_(y)"],
    "[https://a.example/b] {https://a.example/c}": ["https://a.example/b", "https://a.example/c"],
    '<https://a.example/b> "https://a.example/c"': ["https://a.example/b", "https://a.example/c"],
    "«https://a.example/b» “https://a.example/c”…": ["https://a.example/b", "https://a.example/c"],
    "**https://a.example/b**": ["https://a.example/b"],
    "https://a.example/b?x=1&y=2#z": ["https://a.example/b?x=1&y=2#z"],
    "HTTPS://A.example/b": ["HTTPS://A.example/b"],
    "youtu.be/abc and www.a.example": ["youtu.be/abc", "www.a.example"],
    "mail me@a.example/b": [],
    "https://": [],
    "http://localhost:8000/x": ["http://localhost:8000/x"],
    "https://пример.испытание/путь, да": ["https://пример.испытание/путь"],
}


@pytest.mark.parametrize(("message", "links"), FOUND.items())
def test_links_are_found_without_what_stands_around_them(message: str, links: list[str]) -> None:
    assert find_links(message) == links


@given(st.text(max_size=200))
def test_any_text_can_be_searched(message: str) -> None:
    assert all(link in message for link in find_links(message))


@pytest.mark.timeout(2)
def test_a_text_made_to_hurt_is_searched_in_no_time() -> None:
    for bad in ("a." * 2000, "https://" * 500, "(" * 4000, "https://a.example/" + ")" * 4000, "a-" * 2000 + ".com/x"):
        find_links(bad[:4096])
