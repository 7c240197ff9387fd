"""A module that uses the network while it is imported."""

from __future__ import annotations

import socket

try:
    socket.getaddrinfo("localhost", 80)
    OUTCOME = "passed"
except PermissionError:
    OUTCOME = "refused"


def outcome(payload: object, report: object) -> str:
    return OUTCOME
