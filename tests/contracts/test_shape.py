from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("framework/src", "sandbox/src", *(str(p.relative_to(ROOT)) for p in ROOT.glob("plugins/*/src")))
    for path in (ROOT / folder).rglob("*.py")
)
MOST_LINES_OF_A_FUNCTION = 50
MOST_LINES_OF_A_MODULE = 400
NO_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_the_sources_of_every_distribution_were_found() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in SOURCES}
    assert found == {"framework", "plugins", "sandbox"}
    assert len(SOURCES) > 100
    assert sum(len(list(_functions(path))) for path in SOURCES) > 500


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {name} has {lines} lines"
        for path in SOURCES
        for name, lines in _functions(path)
        # A migration names every column of a table, and is never read top-down again.
        if "migrations" not in path.parts and lines > MOST_LINES_OF_A_FUNCTION
    ]
    assert long == []


def test_no_module_holds_more_than_one_can_read_at_once() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in SOURCES
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES_OF_A_MODULE
    ]
    assert long == []


def test_every_name_of_a_file_says_what_is_in_it() -> None:
    assert [str(path) for path in SOURCES if {path.stem, path.parent.name} & NO_NAMES] == []


def test_every_module_says_in_its_first_line_what_lives_in_it() -> None:
    silent = [path for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []
