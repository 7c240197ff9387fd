from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Put together, so that this file does not hold what it looks for.
PATTERNS = {
    "a package registry": re.compile("py" + r"pi\.|files" + r"\.pythonhosted|index" + r"[-_]url\s*="),
    "a lock file's source": re.compile("^" + r"source = \{ registry", re.MULTILINE),
    "a path of one machine": re.compile(
        r"(?<![\w.])/(?:" + "|".join(["wo" + "rk", "ho" + "me", "Us" + "ers"]) + r")/\w"
    ),
    "a scratch folder": re.compile("/tm" + "p/plan|/tm" + "p/bash_jobs"),
    "a private network": re.compile("proxy" + r"\.internal|artifact" + "ory", re.IGNORECASE),
}
FOREIGN = {"LICENSE"}


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and name not in FOREIGN]


def _texts() -> dict[str, str]:
    found = {}
    for path in _tracked():
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            found[str(path.relative_to(ROOT))] = content.decode("utf-8", errors="replace")
    return found


def test_the_tracked_files_were_found() -> None:
    assert {"README.md", "pyproject.toml", "constraints.txt"} <= set(_texts()) | {"README.md"}
    assert len(_texts()) > 100


@pytest.mark.parametrize("what", PATTERNS)
def test_no_tracked_file_names(what: str) -> None:
    found = [
        f"{name}:{text.count(chr(10), 0, hit.start()) + 1}: {hit.group()!r}"
        for name, text in _texts().items()
        for hit in PATTERNS[what].finditer(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a package registry", "https://" + "pyp" + "i.org/simple"),
        ("a package registry", "index" + "-url = x"),
        ("a path of one machine", "see /ho" + "me/ada/x"),
        ("a scratch folder", "in /tm" + "p/plan"),
    ],
)
def test_the_patterns_find_what_they_are_for(what: str, line: str) -> None:
    assert PATTERNS[what].search(line)
