"""Logs: structlog over the standard library, text on a terminal, JSON elsewhere, and no secret in either."""

from __future__ import annotations

import logging
import re
import sys
from collections import deque
from collections.abc import Mapping, MutableMapping
from itertools import islice
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

_ABOUT = ("job", "request")
_APART = frozenset({"timestamp", "level", "event", "exc_info", "exception", "stack_info"})
_NOISY = ("aiogram", "aiohttp", "alembic", "aiosqlite", "asyncio", "procrastinate", "psycopg", "sqlalchemy")


def redact(line: str) -> str:
    """Replace bot tokens and credentials in URLs."""
    return _CREDENTIALS.sub(HIDDEN, _TOKEN.sub(HIDDEN, line))


class Recent:
    """Remembers the last lines, for the story of a failure.

    Args:
        most: So many lines.
    """

    def __init__(self, most: int = 2_000) -> None:
        self._lines: deque[tuple[dict[str, object], str]] = deque(maxlen=most)

    def __call__(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Remember a line and pass it on."""
        about = {name: event[name] for name in _ABOUT if name in event}
        if about:
            said = " ".join(f"{name}={value}" for name, value in event.items() if name not in _APART)
            at = str(event.get("timestamp", ""))[11:19]
            self._lines.append((about, redact(f"{at} {event.get('level', '')} {event.get('event', '')} {said}")))
        return event

    def about(self, what: Mapping[str, int], limit: int) -> list[str]:
        """Return the last lines that are about one of these, the oldest first."""
        found = (line for about, line in reversed(self._lines) if any(about.get(k) == v for k, v in what.items()))
        return [*islice(found, limit)][::-1]


def recent(what: Mapping[str, int], limit: int) -> list[str]:
    """Return the last lines of this process's log about a `job` or a `request`; none where logging is not set up.

    Args:
        what: Numbers by what they are of.
        limit: Most lines.
    """
    known = (step for step in structlog.get_config()["processors"] if isinstance(step, Recent))
    return [line for step in known for line in step.about(what, limit)]


def configure(settings: LogSettings) -> None:
    """Set logging up for this process; the last step of every line is redaction."""
    as_json = settings.format == "json" or (settings.format == "auto" and not sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        Recent(),
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
