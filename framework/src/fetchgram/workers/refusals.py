"""Why the way out said no, and the short memory of it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import structlog

KEPT_REFUSALS = 200

_log = structlog.get_logger()


class RefusalReason(StrEnum):
    """A stable word for each kind of refusal, as it stands in `X-Fetchgram-Refused`."""

    ADDRESS = "address"
    OWN_ADDRESS = "own-address"
    LITERAL = "literal"
    LOCAL_NAME = "local-name"
    PORT = "port"
    SCHEME = "scheme"
    SPELLING = "spelling"
    HOST_MISMATCH = "host-mismatch"
    MALFORMED = "malformed"
    HEADERS_TOO_LARGE = "headers-too-large"
    BODY = "body"
    BUSY = "busy"
    BYTES = "bytes"

    @property
    def sentence(self) -> str:
        """The one-line body of the answer."""
        return _SENTENCES[self]


_SENTENCES = {
    RefusalReason.ADDRESS: "the address is not public",
    RefusalReason.OWN_ADDRESS: "the address belongs to this machine",
    RefusalReason.LITERAL: "behind an upstream proxy a place has to be named, not numbered",
    RefusalReason.LOCAL_NAME: "the name belongs to a local network",
    RefusalReason.PORT: "the port is not one that web sites use",
    RefusalReason.SCHEME: "only http passes here in the clear; https needs CONNECT",
    RefusalReason.SPELLING: "the host is spelled in a way that can be misread",
    RefusalReason.HOST_MISMATCH: "the Host header names another place",
    RefusalReason.MALFORMED: "the request is malformed",
    RefusalReason.HEADERS_TOO_LARGE: "the headers are too large",
    RefusalReason.BODY: "the length of the body is not stated plainly",
    RefusalReason.BUSY: "too many connections",
    RefusalReason.BYTES: "the connection carried too many bytes",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One request that was refused; host and port are empty when the request did not say them."""

    host: str
    port: int
    reason: RefusalReason
    at: datetime


class Refused(Exception):
    """The request must not go out."""

    def __init__(self, reason: RefusalReason, host: str = "", port: int = 0) -> None:
        super().__init__(reason.sentence)
        self.reason = reason
        self.host = host
        self.port = port


class Unreachable(Exception):
    """The place may be visited but does not answer."""


class RefusalLog:
    """The latest refusals and a count of each reason."""

    def __init__(self) -> None:
        self._recent: deque[Refusal] = deque(maxlen=KEPT_REFUSALS)
        self._counts: Counter[RefusalReason] = Counter()

    def add(self, refused: Refused) -> None:
        """Remember one refusal and log it."""
        self._recent.append(Refusal(refused.host, refused.port, refused.reason, datetime.now(UTC)))
        self._counts[refused.reason] += 1
        _log.info("wayout.refused", host=refused.host, port=refused.port, reason=refused.reason.value)

    @property
    def recent(self) -> tuple[Refusal, ...]:
        """The latest refusals, oldest first."""
        return tuple(self._recent)

    @property
    def counts(self) -> Mapping[RefusalReason, int]:
        """How often each reason was given since the start."""
        return dict(self._counts)
