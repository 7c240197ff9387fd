from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

import fetchgram
from fetchgram.model import Event
from fetchgram.model.happenings import HAPPENINGS, checked

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def _texts_in_the_code() -> set[str]:
    root = Path(fetchgram.__file__).parent
    trees = [ast.parse(path.read_text("utf-8")) for path in root.rglob("*.py") if path.name != "happenings.py"]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_each_event_of_the_page_is_written_somewhere() -> None:
    assert HAPPENINGS.keys() <= _texts_in_the_code()


def test_an_event_that_is_not_on_the_page_is_refused() -> None:
    with pytest.raises(ValueError, match=r"job\.eaten"):
        checked(Event(name="job.eaten", at=NOW))


def test_an_event_tells_nothing_that_is_not_on_the_page() -> None:
    with pytest.raises(ValueError, match="title"):
        checked(Event(name="job.delivered", at=NOW, data={"route": "botapi", "title": "A film"}))


@pytest.mark.parametrize("value", ["https://site.example/watch?v=" + "x" * 50, {"a": 1}, [1]])
def test_an_event_tells_numbers_and_short_names_only(value: str) -> None:
    with pytest.raises(ValueError, match="short names"):
        checked(Event(name="job.delivered", at=NOW, data={"route": value}))
