from __future__ import annotations

import os

import cryptg
import pytest

from fetchgram.telegram.mtproto.ige import SPARE_BYTES, encipher


@pytest.mark.parametrize("size", [32, 48, 64, 4096, 512 * 1024 + 80])
def test_it_enciphers_as_another_implementation_does(size: int) -> None:
    plain, key, start = os.urandom(size), os.urandom(32), os.urandom(32)
    sealed = memoryview(bytearray(size + SPARE_BYTES))
    encipher(memoryview(plain), sealed, key, start)
    assert sealed[:size] == cryptg.encrypt_ige(plain, key, start)
    assert cryptg.decrypt_ige(bytes(sealed[:size]), key, start) == plain
