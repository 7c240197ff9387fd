from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fetchgram_youtube.cookies import BadCookies, read

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
LOGIN = [(".youtube.com", "LOGIN_INFO", LATER), (".youtube.com", "SAPISID", LATER)]


def line(domain: str, name: str, ends: int | str) -> str:
    return f"{domain}\tTRUE\t/\tTRUE\t{ends}\t{name}\tsecret-{name}"


def netscape(*cookies: tuple[str, str, int]) -> bytes:
    return "\n".join(["# Netscape HTTP Cookie File", "", *(line(*each) for each in cookies), ""]).encode()


def test_a_login_is_understood_and_nothing_else_of_the_browser_is_kept() -> None:
    others = [("bank.example", "session", LATER), ("notyoutube.com", "a", LATER), (".youtube.com", "old", 1)]
    login = read(netscape(*LOGIN, (".google.com", "NID", 0), *others), NOW)
    assert [each.name for each in login.cookies] == ["LOGIN_INFO", "SAPISID", "NID"]
    assert login.left_out == 3
    assert login.ends_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert login.content == netscape(*LOGIN, (".google.com", "NID", 0)).decode().replace("\n\n", "\n")


def test_windows_lines_marks_and_http_only_cookies_are_read() -> None:
    lines = ["\ufeff# HTTP Cookie File", f"#HttpOnly_{line('.youtube.com', 'LOGIN_INFO', '')}"]
    content = "\r\n".join([*lines, line("www.youtube.com", "__Secure-3PAPISID", "4102444800.5"), ""])
    login = read(content.encode(), NOW)
    assert [each.name for each in login.cookies] == ["LOGIN_INFO", "__Secure-3PAPISID"]
    assert login.ends_at is None


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b'[{"name": "SID"}]', "youtube-cookies-json"),
        (b"\xff\xfe\x00", "youtube-cookies-format"),
        (b"hello", "youtube-cookies-format"),
        (b".youtube.com\tTRUE\t/\tTRUE\tsoon\tSID\tx", "youtube-cookies-format"),
        (b".youtube.com\tTRUE\t/\tTRUE\t" + b"9" * 400 + b"\tSID\tx", "youtube-cookies-format"),
        (b"", "youtube-cookies-visitor"),
        (netscape((".youtube.com", "PREF", LATER)), "youtube-cookies-visitor"),
        (
            netscape(("bank.example", "LOGIN_INFO", LATER), ("bank.example", "SAPISID", LATER)),
            "youtube-cookies-visitor",
        ),
        (netscape(LOGIN[0], (".youtube.com", "SAPISID", 1)), "youtube-cookies-over"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason_and_never_repeated(content: bytes, key: str) -> None:
    with pytest.raises(BadCookies) as caught:
        read(content, NOW)
    assert caught.value.told.key == key
    assert "secret" not in repr((str(caught.value), caught.value.told))
