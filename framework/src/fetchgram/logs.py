"""Logs: structlog over the standard library, text on a terminal, JSON elsewhere, and no secret in either."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

from fetchgram.settings import LogSettings

HIDDEN = "***"

_TOKEN = re.compile(r"\d{3,}(?::|%3A)[A-Za-z0-9_-]{20,}", re.IGNORECASE)
"""A bot token (core.telegram.org/bots/features#generating-an-authentication-token).

In the URLs of the Bot API it stands right behind a letter, as in `/bot123:…`, so that no word begins with it.
"""

_CREDENTIALS = re.compile(r"""(?<=://)[^/\s"']+(?=@)""")
"""User and password in a proxy's URL."""

_NOISY = ("aiogram", "aiohttp", "alembic", "aiosqlite", "asyncio", "procrastinate", "psycopg", "sqlalchemy")


def redact(line: str) -> str:
    """Replace bot tokens and credentials in URLs."""
    return _CREDENTIALS.sub(HIDDEN, _TOKEN.sub(HIDDEN, line))


def configure(settings: LogSettings) -> None:
    """Set logging up for this process; the last step of every line is redaction."""
    as_json = settings.format == "json" or (settings.format == "auto" and not sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer, _redacted],
        foreign_pre_chain=shared,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
        cache_logger_on_first_use=False,
    )


def _redacted(_logger: object, _method: str, line: str | bytes | MutableMapping[str, Any]) -> str:
    return redact(line.decode() if isinstance(line, bytes) else str(line))
