from __future__ import annotations

import json

import pytest
import typer

from fetchgram.cli.output import print_table, sentence, told
from fetchgram.cli.signals import Interrupted
from fetchgram.errors import ConfigError, ContentUnavailable, FetchgramError, Reason, SchemaTooNew
from fetchgram.model import text

TOKEN = "123456789:AAF-abcdefghijklmnopqrstuvwxyz_0123"


def _group(*errors: Exception) -> ExceptionGroup:
    return ExceptionGroup("several", [ExceptionGroup("deeper", list(errors))])


def _numbered() -> ContentUnavailable:
    error = ContentUnavailable(Reason.GONE)
    error.number = "7KQ2MD"
    return error


@pytest.mark.parametrize(
    ("error", "code", "exit_code", "number"),
    [
        (ConfigError("setting 'x' is wrong"), "config", 2, None),
        (_numbered(), "gone", 1, "7KQ2MD"),
        (SchemaTooNew("written by a later version"), "internal", 1, None),
        (Interrupted(2), "interrupted", 130, None),
        (Interrupted(15), "interrupted", 143, None),
        (_group(_numbered()), "gone", 1, "7KQ2MD"),
    ],
)
def test_an_error_of_ours_is_one_object_and_an_exit_code(
    error: Exception, code: str, exit_code: int, number: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as caught, told(as_json=True):
        raise error
    out, err = capsys.readouterr()
    found = json.loads(out)["error"]
    assert (found["code"], found["number"], caught.value.exit_code, err) == (code, number, exit_code, "")
    assert found["message"]


def test_as_text_it_is_one_sentence_with_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), told(as_json=False):
        raise _numbered()
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"{sentence(text('error-gone'))} (error 7KQ2MD)\n"


@pytest.mark.parametrize("error", [ZeroDivisionError(), _group(ZeroDivisionError(), _numbered())])
def test_a_bug_keeps_its_traceback(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, told(as_json=True):
        raise error
    assert caught.value is error


def test_what_the_operator_can_mend_is_said_in_place_of_something_went_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(typer.Exit), told(as_json=False):
        raise FetchgramError("the database is damaged: restore a backup")
    assert capsys.readouterr().err == "the database is damaged: restore a backup\n"


def test_no_token_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), told(as_json=True):
        raise ConfigError(f"cannot ask /bot{TOKEN}/getMe")
    assert TOKEN not in capsys.readouterr().out


def test_columns_are_as_wide_as_their_widest_cell(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([("a", "long cell", "x"), ("longer", "b", "")])
    assert capsys.readouterr().out == "a       long cell  x\nlonger  b\n"
