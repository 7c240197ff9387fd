from __future__ import annotations

import pickle
import stat
from pathlib import Path

import pytest

from fetchgram.api import ConfigError
from fetchgram_instagram.session_files import SessionFiles, read_cookies, read_session

COOKIES = {"sessionid": "123%3Asecret", "ds_user_id": "123", "csrftoken": "token"}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_session_is_for_the_bots_own_user_only_and_comes_back_as_it_was(tmp_path: Path) -> None:
    files = SessionFiles(tmp_path / "sessions")
    files.keep("some.body", COOKIES)
    path = tmp_path / "sessions" / "some.body.txt"
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert read_cookies(files.path("some.body")) == COOKIES
    assert [each.name for each in path.parent.iterdir()] == ["some.body.txt"]


def test_a_session_that_somebody_opened_to_others_is_closed_again(tmp_path: Path) -> None:
    files = SessionFiles(tmp_path)
    files.keep("some.body", COOKIES)
    (tmp_path / "some.body.txt").chmod(0o644)
    assert mode(files.path("some.body")) == 0o600


def test_the_sessions_are_known_by_their_names_and_can_be_forgotten(tmp_path: Path) -> None:
    files = SessionFiles(tmp_path / "sessions")
    assert files.names() == ()
    for name in ("b.b", "a.a"):
        files.keep(name, COOKIES)
    assert files.names() == ("a.a", "b.b")
    assert (files.forget("a.a"), files.forget("a.a"), files.names()) == (True, False, ("b.b",))


@pytest.mark.parametrize("missing", sorted(COOKIES))
def test_cookies_of_nobody_who_is_logged_in_are_not_kept(tmp_path: Path, missing: str) -> None:
    with pytest.raises(ConfigError, match=missing) as caught:
        SessionFiles(tmp_path).keep("some.body", {**COOKIES, missing: ""})
    assert "secret" not in str(caught.value)


def test_a_browsers_export_is_read_for_instagram_alone(tmp_path: Path) -> None:
    path = tmp_path / "cookies.txt"
    path.write_text(
        "# Netscape HTTP Cookie File\n"
        ".instagram.com\tTRUE\t/\tTRUE\t1\tcsrftoken\ttoken\n"
        "#HttpOnly_.instagram.com\tTRUE\t/\tTRUE\t1900000000\tsessionid\t123%3Asecret\n"
        "www.instagram.com\tFALSE\t/\tTRUE\t0\tds_user_id\t123\n"
        ".notinstagram.com\tTRUE\t/\tTRUE\t0\tsessionid\twrong\n"
        ".example.org\tTRUE\t/\tTRUE\t0\tother\twrong\n"
    )
    assert read_cookies(path) == COOKIES


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe\x00", b"sessionid=1"])
def test_what_is_no_cookie_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cookies.txt"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="no cookie file"):
        read_cookies(path)


@pytest.mark.parametrize("read", [read_cookies, read_session])
def test_a_file_that_is_not_there_is_said(tmp_path: Path, read: object) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "nothing")  # type: ignore[operator]  # both take a path


def test_a_session_file_of_instaloader_is_read(tmp_path: Path) -> None:
    path = tmp_path / "session-some.body"
    path.write_bytes(pickle.dumps({**COOKIES, "mid": ""}))
    assert read_session(path) == COOKIES


class Burglar:
    """Runs something when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("burgled"),))  # type: ignore[return-value]  # what a burglar cares


@pytest.mark.parametrize("content", [b"", b"nonsense", pickle.dumps(["a"]), pickle.dumps(Burglar())])
def test_a_session_file_holds_strings_and_nothing_that_runs(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "session"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="no session file"):
        read_session(path)
    assert not Path("burgled").exists()
