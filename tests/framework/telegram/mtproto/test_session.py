from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from fetchgram.telegram.mtproto import session
from fetchgram.telegram.mtproto.keys import read_public_key
from fetchgram.telegram.mtproto.session import Session

KEY = bytes(range(256))


def _session() -> Session:
    return Session(dc_id=2, host="127.0.0.1", port=443, key=KEY, user_id=7)


def test_a_session_is_read_as_it_was_written_and_is_for_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "bot.session"
    session.save(path, _session())
    assert session.load(path) == _session()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", ["", "{", "[]", '{"dc_id": 2}', '{"key": 1}'])
def test_a_file_that_is_no_session_counts_as_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bot.session"
    path.write_text(content)
    assert session.load(path) is None
    assert session.load(tmp_path / "missing") is None


def test_the_key_is_never_shown() -> None:
    assert "key" not in repr(_session())


def test_a_public_key_is_read_from_pem() -> None:
    private = rsa.generate_private_key(65537, 2048)
    numbers = private.public_key().public_numbers()
    pem = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1).decode()
    assert read_public_key(pem) == (numbers.n, numbers.e)


@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----"])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="RSA public key"):
        read_public_key(text)
