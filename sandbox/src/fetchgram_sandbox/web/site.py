"""What a site of the emulated web is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from aiohttp import web

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Sample:
    """A link to show to people."""

    title: str
    url: str


class Site(Protocol):
    """Some hosts and what they answer."""

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Who answers for each host; `*.example.org` stands for every host below `example.org`."""
        ...

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Links to try."""
        ...
