from __future__ import annotations

from pathlib import Path

import pytest

from fetchgram.settings import Settings
from fetchgram.texts import catalogues_of


def _put(folder: Path, name: str, value: str) -> None:
    info = folder / f"{name}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[fetchgram.plugins]\n{name} = {value}\n")


def test_the_packages_of_plugins_are_found_without_importing_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "pack_of_one").mkdir()
    (tmp_path / "pack_of_one" / "__init__.py").write_text("raise AssertionError('imported')")
    (tmp_path / "lone_module.py").write_text("raise AssertionError('imported')")
    for name, value in {
        "one": "pack_of_one.deep:Plugin",
        "two": "pack_of_one:Plugin",
        "lone": "lone_module:Plugin",
        "gone": "no_such_package:Plugin",
        "odd": ":Plugin",
        "core": "fetchgram.telegram.plugin:Plugin",
    }.items():
        _put(tmp_path, name, value)
    found = catalogues_of(Settings.model_validate({"plugins": {"disabled": "two"}}))
    ours = {name: folder for name, folder in found.items() if tmp_path in folder.parents}
    assert ours == {"one": tmp_path / "pack_of_one"}
    assert not {"lone", "gone", "odd", "core"} & set(found)
