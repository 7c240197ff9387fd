from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from fetchgram.logs import HIDDEN, Recent, configure, recent, redact
from fetchgram.settings import LogSettings

TOKEN = "123456789:AAF-abcdefghijklmnopqrstuvwxyz_0123"
SECRETS = (TOKEN, "hunter2")
LINE = f"GET https://api.telegram.org/bot{TOKEN}/getMe by http://ada:hunter2@proxy:8080 failed"


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    levels = {name: logging.getLogger(name).level for name in ("aiogram", "aiohttp", "sqlalchemy", "asyncio")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**config)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def _configured(form: str, level: str = "info") -> None:
    configure(LogSettings.model_validate({"format": form, "level": level}))


def _raise() -> None:
    raise RuntimeError(LINE)


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        (f"bot{TOKEN}/getMe", f"bot{HIDDEN}/getMe"),
        (f"token {TOKEN}.", f"token {HIDDEN}."),
        (f"/file/bot{TOKEN}/photo.jpg", f"/file/bot{HIDDEN}/photo.jpg"),
        ("socks5://ada:p%40ss@host:1", f"socks5://{HIDDEN}@host:1"),
        (f"https://host/bot{TOKEN.replace(':', '%3A')}/x", f"https://host/bot{HIDDEN}/x"),
        ("http://key@host and http://:p@ss@host", f"http://{HIDDEN}@host and http://{HIDDEN}@host"),
        ('["http://a","b@c"]', '["http://a","b@c"]'),
        ("http://ada:p:a:ss@host", f"http://{HIDDEN}@host"),
        ("at 12:30:45 and 10:20", "at 12:30:45 and 10:20"),
        ("http://host:8080/a@b", "http://host:8080/a@b"),
        ("123456789:short", "123456789:short"),
    ],
)
def test_tokens_and_passwords_go_and_nothing_else(line: str, clean: str) -> None:
    assert redact(line) == clean


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_passes_in_messages_keywords_or_tracebacks(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    _configured(form)
    log = structlog.get_logger()
    log.warning("call.failed", url=LINE, nested={"deep": [LINE]})
    try:
        _raise()
    except RuntimeError as error:
        log.error("job.failed", error=repr(error), exc_info=error)
    err = capsys.readouterr().err
    assert "call.failed" in err
    assert "_raise" in err  # the traceback is there
    assert err.count(HIDDEN) >= 6
    assert not [secret for secret in SECRETS if secret in err]


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_passes_in_foreign_loggers(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    _configured(form)
    foreign = logging.getLogger("some.library")
    foreign.warning("answer of %s", LINE)
    try:
        _raise()
    except RuntimeError:
        foreign.exception("it broke at %s", LINE)
    err = capsys.readouterr().err
    assert "answer of" in err
    assert "_raise" in err
    assert not [secret for secret in SECRETS if secret in err]


def test_json_is_one_object_a_line_with_event_level_time_and_context(capsys: pytest.CaptureFixture[str]) -> None:
    _configured("json")
    with structlog.contextvars.bound_contextvars(job=7):
        structlog.get_logger().info("job.started", attempt=1)
    logging.getLogger("some.library").error("a\nb")
    ours, foreign = map(json.loads, capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["level"], ours["job"], ours["attempt"]) == ("job.started", "info", 7, 1)
    assert ours["timestamp"].endswith("Z")
    assert (foreign["event"], foreign["level"]) == ("a\nb", "error")


def test_off_a_terminal_auto_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    _configured("auto")
    structlog.get_logger().info("x")
    assert json.loads(capsys.readouterr().err)["event"] == "x"


def test_less_than_the_level_is_not_shown_and_chatty_libraries_begin_at_warnings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _configured("json", "info")
    structlog.get_logger().debug("hidden")
    logging.getLogger("aiogram.event").info("hidden")
    logging.getLogger("some.library").info("shown")
    _configured("json", "error")
    structlog.get_logger().warning("hidden")
    logging.getLogger("aiogram").warning("hidden")
    shown = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert shown == ["shown"]


def test_configured_twice_says_everything_once(capsys: pytest.CaptureFixture[str]) -> None:
    _configured("json")
    _configured("json")
    logging.getLogger("some.library").warning("once")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_last_lines_about_a_job_or_request_are_remembered_without_secrets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _configured("json")
    log = structlog.get_logger()
    log.info("unrelated", other=1)
    for number in range(5):
        log.info("job.step", job=7, number=number, said=LINE)
    log.warning("request.slow", request=3)
    log.info("job.step", job=8)
    found = recent({"job": 7, "request": 3}, 4)
    assert [line.split(" ")[1:3] for line in found] == [["info", "job.step"]] * 3 + [["warning", "request.slow"]]
    assert "number=2" in found[0]
    assert not any(secret in line for line in found for secret in SECRETS)
    assert recent({"job": 9}, 4) == []


def test_only_so_many_lines_are_remembered() -> None:
    memory = Recent(most=2)
    for number in range(4):
        memory(None, "info", {"event": "x", "job": 1, "number": number})
    assert ["number=2" in line for line in memory.about({"job": 1}, 9)] == [True, False]


def test_where_logging_is_not_set_up_nothing_is_remembered() -> None:
    structlog.configure(processors=[structlog.processors.JSONRenderer()])
    assert recent({"job": 1}, 9) == []
