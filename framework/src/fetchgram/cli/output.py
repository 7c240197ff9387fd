"""How commands speak: text for people, JSON for programs, and exit codes that scripts can trust."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from typing import NoReturn

import typer

from fetchgram.cli.signals import Interrupted
from fetchgram.errors import ConfigError, FetchgramError, first_of
from fetchgram.logs import redact
from fetchgram.model import Text

FAILED = 1
"""Exit code of a failed job or check."""

WRONG_USE = 2
"""Exit code of a wrong command line or configuration."""

_GENERIC = "error-internal"


def print_json(value: object) -> None:
    """Print one JSON value on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns as wide as their widest cell; the last one runs on."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        typer.echo("  ".join(cells).rstrip())


def sentence(text: Text) -> str:
    """Resolve a text for the terminal, in English."""
    from fetchgram.settings import Settings  # noqa: PLC0415  # with the catalogues
    from fetchgram.texts import Texts, catalogues_of  # noqa: PLC0415  # only errors and results need them

    return Texts.load(catalogues_of(Settings())).render(text, "en")


@contextlib.contextmanager
def told(*, as_json: bool, to_operator: bool = False) -> Iterator[None]:
    """Turn an error of ours into one sentence and an exit code; anything else is a bug and keeps its traceback.

    Args:
        as_json: Whether the sentence goes out as `{"error": {"code", "message", "number"}}`.
        to_operator: Whether the one who reads it runs the bot: what the storage says is then more than a kind sentence.
    """
    try:
        yield
    except Interrupted as error:
        print_error(code="interrupted", message="interrupted", as_json=as_json)
        raise typer.Exit(error.exit_code) from None
    except FetchgramError as error:
        _fail(error, as_json=as_json, to_operator=to_operator)
    except ExceptionGroup as group:
        ours, others = group.split(FetchgramError)
        if ours is None or others is not None:
            raise
        _fail(first_of(ours), as_json=as_json, to_operator=to_operator)


def fail(error: Text, number: str | None, *, as_json: bool) -> NoReturn:
    """Tell why it did not work, and exit.

    Raises:
        typer.Exit: Always.
    """
    print_error(code=_code(error), message=sentence(error), number=number, as_json=as_json)
    raise typer.Exit(FAILED)


def print_error(*, code: str, message: str, number: str | None = None, as_json: bool) -> None:
    """Print an error: as JSON to the output, as a sentence to the error output."""
    message = redact(message)
    if as_json:
        print_json({"error": {"code": code, "message": message, "number": number}})
    else:
        typer.echo(f"{message} (error {number})" if number else message, err=True)


def _fail(error: FetchgramError, *, as_json: bool, to_operator: bool) -> NoReturn:
    if isinstance(error, ConfigError):
        print_error(code="config", message=str(error), as_json=as_json)
        raise typer.Exit(WRONG_USE)
    if (to_operator or error.text.key == _GENERIC) and str(error):
        print_error(code=_code(error.text), message=str(error), number=error.number, as_json=as_json)
        raise typer.Exit(FAILED)
    fail(error.text, error.number, as_json=as_json)


def _code(error: Text) -> str:
    return error.key.removeprefix("error-")
