from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from fluent.syntax import FluentParser
from fluent.syntax import ast as ftl
from fluent.syntax.visitor import Visitor

from fetchgram.errors import Reason

ROOT = Path(__file__).parents[2]
CATALOGUES = sorted([*ROOT.glob("framework/src/**/locales/en.ftl"), *ROOT.glob("plugins/*/src/*/locales/en.ftl")])
SOURCES = [
    path
    for pattern in ("framework/src/**/*.py", "plugins/*/src/**/*.py", "sandbox/src/**/*.py")
    for path in sorted(ROOT.glob(pattern))
    if "testing" not in path.parts
]
TELEGRAM = sorted(ROOT.glob("framework/src/fetchgram/telegram/**/*.py"))

DYNAMIC = {f"error-{reason.replace('_', '-')}" for reason in Reason}
"""Keys that are put together from a value; each value is listed here."""

SAYING = {
    "answer",
    "edit_caption",
    "edit_message_caption",
    "edit_message_text",
    "edit_text",
    "reply",
    "send_message",
    "InlineKeyboardButton",
    "BotCommand",
}
"""Calls whose words reach a person."""
SAYING_ARGUMENTS = {"text", "caption", "title", "description", "performer"}


class _Variables(Visitor):
    """Collect the parameters of a message, those of messages that it refers to included."""

    def __init__(self, messages: Mapping[str, ftl.Message]) -> None:
        self.messages = messages
        self.found: set[str] = set()

    def visit_VariableReference(self, node: ftl.VariableReference) -> None:  # noqa: N802  # named by the visitor
        self.found.add(node.id.name)

    def visit_MessageReference(self, node: ftl.MessageReference) -> None:  # noqa: N802  # named by the visitor
        self.visit(self.messages[node.id.name])


def _messages() -> dict[str, ftl.Message]:
    found: dict[str, ftl.Message] = {}
    for path in CATALOGUES:
        for entry in FluentParser().parse(path.read_text(encoding="utf-8")).body:
            assert not isinstance(entry, ftl.Junk), f"{path.name}: {entry.content}"
            if isinstance(entry, ftl.Message):
                assert entry.id.name not in found, f"{entry.id.name} stands there twice"
                found[entry.id.name] = entry
    return found


MESSAGES = _messages()


def _parameters(key: str) -> set[str]:
    visitor = _Variables(MESSAGES)
    visitor.visit(MESSAGES[key])
    return visitor.found


def _calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _is_ours(path: Path) -> bool:
    """Tell whether the `text` of a module is the one that names a sentence (SQLAlchemy has one too)."""
    imports = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom))
    return any(
        (node.module or "").startswith("fetchgram") and any(alias.name == "text" for alias in node.names)
        for node in imports
    )


SPEAKING = [path for path in SOURCES if _is_ours(path)]


def _uses() -> Iterator[tuple[str, str, set[str]]]:
    """Find each `text("key", …)`, with its place and its parameters."""
    for path in SPEAKING:
        for call in _calls(path):
            key = call.args[0] if isinstance(call.func, ast.Name) and call.func.id == "text" and call.args else None
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                given = {keyword.arg or "**" for keyword in call.keywords}
                yield f"{path.relative_to(ROOT)}:{call.lineno}", key.value, given


USES = list(_uses())


def _constants() -> set[str]:
    """Return every string of the sources: keys are also chosen from tables."""
    found: set[str] = set()
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    return found


def _prefixes() -> set[str]:
    """Return the fixed beginnings of keys that are put together, as in `text(f"route-{name}")`."""
    found: set[str] = set()
    for path in SPEAKING:
        for call in _calls(path):
            parts = ast.walk(call.args[0]) if _name(call) == "text" and call.args else ()
            for part in parts:
                if isinstance(part, ast.JoinedStr) and isinstance(part.values[0], ast.Constant):
                    found.add(str(part.values[0].value))
    return found - {"", "error-"}  # those that begin with `error-` are known one by one


def test_there_is_something_to_check() -> None:
    assert len(MESSAGES) > 50
    assert len(USES) > 20


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_plugins_keys_begin_with_its_name(path: Path) -> None:
    """The plugin is the folder under plugins/, or the package of the core's own one; the core itself is free."""
    parts = path.relative_to(ROOT).parts
    name = {"plugins": parts[1], "framework": path.parents[1].name}[parts[0]]
    entries = FluentParser().parse(path.read_text(encoding="utf-8")).body
    keys = [entry.id.name for entry in entries if isinstance(entry, ftl.Message)]
    assert keys
    assert name == "fetchgram" or [key for key in keys if not key.startswith(f"{name}-")] == []


def test_every_key_in_the_source_is_in_english_with_the_same_parameters() -> None:
    wrong = []
    for place, key, given in USES:
        if key not in MESSAGES:
            wrong.append(f"{place}: no sentence {key!r}")
        elif "**" not in given and given != _parameters(key):
            wrong.append(f"{place}: {key!r} is given {sorted(given)}, the sentence takes {sorted(_parameters(key))}")
    assert wrong == []


def test_every_reason_has_a_sentence() -> None:
    assert sorted(DYNAMIC - set(MESSAGES)) == []


def test_every_sentence_is_used_somewhere() -> None:
    used = {key for _, key, _ in USES} | DYNAMIC | _constants()
    prefixes = tuple(_prefixes())
    assert [key for key in MESSAGES if key not in used and not (prefixes and key.startswith(prefixes))] == []


def test_no_sentence_bypasses_the_catalogues() -> None:
    found = []
    for path in TELEGRAM:
        for call in _calls(path):
            said = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg in SAYING_ARGUMENTS)]
            if _name(call) in SAYING:
                found += [f"{path.relative_to(ROOT)}:{call.lineno}" for value in said if _has_words(value)]
    assert found == []


def _has_words(value: ast.expr) -> bool:
    """Tell whether letters stand in the source where a person would read them."""
    constants = value.values if isinstance(value, ast.JoinedStr) else [value]
    return any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) and any(map(str.isalpha, part.value))
        for part in constants
    )


def test_the_rule_itself_sees_a_sentence_that_bypasses() -> None:
    for source, expected in {
        'bot.send_message(1, "Hello")': True,
        'bot.send_message(1, text=f"Hello {name}")': True,
        "bot.send_message(1, text=rich.text)": False,
        'bot.send_message(1, "…")': False,
    }.items():
        (call,) = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
        said = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg in SAYING_ARGUMENTS)]
        assert any(map(_has_words, said)) is expected, source
