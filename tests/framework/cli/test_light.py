from __future__ import annotations

import gc
import importlib
import sys

import pytest

from fetchgram.cli.light import uncollected, without


def test_a_library_that_is_left_out_cannot_be_imported_until_the_block_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with without("colorsys"), pytest.raises(ImportError):
        importlib.import_module("colorsys")
    assert importlib.import_module("colorsys") is sys.modules["colorsys"]


def test_a_library_that_is_there_stays() -> None:
    with without("gc"):
        assert importlib.import_module("gc") is gc


def test_garbage_is_collected_again_after_the_start() -> None:
    try:
        with uncollected():
            assert not gc.isenabled()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
