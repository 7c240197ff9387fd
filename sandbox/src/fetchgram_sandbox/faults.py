"""Failures that a test or the chat page orders for the next calls of a method."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

KINDS = ("error", "delay", "close", "lost", "garbage")


@dataclass(frozen=True, slots=True)
class Fault:
    """One ordered failure.

    `error` refuses with `error_code` and `description`; `delay` waits `seconds`, then goes on; `close` cuts the
    connection before the call is carried out; `lost` carries it out and cuts the connection instead of answering;
    `garbage` answers something that is no JSON, without carrying the call out.
    """

    method: str
    kind: str
    times: int = 1
    seconds: float = 0.0
    error_code: int = 500
    description: str = "Internal Server Error"
    retry_after_s: int | None = None
    id: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; there are {', '.join(KINDS)}")


FaultRule: TypeAlias = Callable[[str, Mapping[str, object]], Fault | None]


class Faults:
    """The ordered failures, asked once per call in the order in which they were added."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._faults: list[Fault] = []
        self._rules: list[FaultRule] = []

    def add(self, fault: Fault) -> int:
        """Order a failure for the next `times` calls of its method (`*`: any) and return its number."""
        number = next(self._numbers)
        self._faults.append(replace(fault, id=number))
        return number

    def add_rule(self, rule: FaultRule) -> None:
        """Ask a function before every call; it returns the failure or `None`."""
        self._rules.append(rule)

    def clear(self) -> None:
        """Forget everything that was ordered."""
        self._faults.clear()
        self._rules.clear()

    def take(self, method: str, params: Mapping[str, object]) -> Fault | None:
        """Return the failure of this call, if one is due, and count it."""
        for rule in self._rules:
            if (fault := rule(method, params)) is not None:
                return fault
        for index, fault in enumerate(self._faults):
            if fault.method in {"*", method}:
                self._count(index, fault)
                return fault
        return None

    def _count(self, index: int, fault: Fault) -> None:
        if fault.times > 1:
            self._faults[index] = replace(fault, times=fault.times - 1)
        else:
            del self._faults[index]
