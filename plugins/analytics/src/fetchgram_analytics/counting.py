"""What an event counts for, and the sums of many: the one place that says what each number of a chart means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from fetchgram_analytics.dates import Level, Moment, Place
from fetchgram_analytics.histogram import size_class, slot

LEVELS = tuple(Level)
_ENDS = {name[0]: name for name in ("delivered", "blocked", "gone", "failed", "uncertain")}
"""How messages of a broadcast end, by the letter that is recorded."""


class Counted(NamedTuple):
    """One thing that an event counts for.

    Attributes:
        what: The measure.
        plugin: Of which plugin; empty where that says nothing.
        detail: What tells rows of one measure apart.
        n: How many.
        amount: Bytes, or milliseconds.
    """

    what: str
    plugin: str = ""
    detail: str = ""
    n: int = 1
    amount: int = 0


class Key(NamedTuple):
    """A row of sums."""

    level: Level
    what: str
    at: int
    plugin: str
    detail: str


class Fact(NamedTuple):
    """A recorded event, as its columns."""

    seq: int
    at_ms: int
    name: str
    person: int | None
    plugin: str
    detail: str
    height_px: int | None
    route: str | None
    cached: bool | None
    size_bytes: int | None
    took_ms: int | None
    send_ms: int | None


@dataclass(slots=True)
class Sums:
    """What a number of events come to.

    Attributes:
        n: By key, how many.
        amount: By key, how much.
        people: For each person and day on which they did something, the files and bytes that they got.
        tastes: The same for each person and plugin.
    """

    n: Counter[Key] = field(default_factory=Counter)
    amount: Counter[Key] = field(default_factory=Counter)
    people: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    tastes: dict[tuple[int, str], list[int]] = field(default_factory=dict)

    def count(self, key: Key, n: int, amount: int) -> None:
        """Add to one row."""
        self.n[key] += n
        self.amount[key] += amount

    def count_day(self, what: str, day: int, n: int) -> None:
        """Add to one day, and to no other level."""
        self.count(Key(Level.DAY, what, day, "", ""), n, 0)

    def rows(self, level: Level) -> list[dict[str, object]]:
        """Return the rows of a level."""
        return [
            {"what": k.what, "at": k.at, "plugin": k.plugin, "detail": k.detail, "n": n, "amount": self.amount[k]}
            for k, n in self.n.items()
            if k.level is level
        ]


def sums_of(facts: Iterable[Fact], place: Place) -> Sums:
    """Add up events."""
    fine: dict[tuple[Moment, str, str, str], list[int]] = {}
    found = Sums()
    for fact in facts:
        moment = place.moment(fact.at_ms // 1000)
        for counted in counts(fact, moment):
            sums = fine.setdefault((moment, counted.what, counted.plugin, counted.detail), [0, 0])
            sums[0], sums[1] = sums[0] + counted.n, sums[1] + counted.amount
        if fact.person is not None:
            _of_person(found, fact, fact.person, moment)
    for (moment, what, plugin, detail), (n, amount) in fine.items():
        for level in LEVELS:
            found.count(Key(level, what, moment.at(level), plugin, detail), n, amount)
    return found


def counts(fact: Fact, moment: Moment) -> Iterable[Counted]:
    """Say what an event counts for."""
    meaning = _MEANINGS.get(fact.name)
    return () if meaning is None else meaning(fact, moment)


def quality(kind: str, height_px: int | None) -> str:
    """Name a choice by what people would: its lines, or what it is."""
    return f"{height_px}p" if kind == "video" and height_px else kind


def _stage(fact: Fact, _moment: Moment) -> Iterator[Counted]:
    size = fact.size_bytes or 0
    if fact.detail == "download":
        yield Counted("down", fact.plugin, "", 1, size)
    name = "time.download" if fact.detail == "download" else "time.process"
    yield _took(name, fact.took_ms, size)


def _delivered(fact: Fact, moment: Moment) -> Iterator[Counted]:
    size, plugin = fact.size_bytes or 0, fact.plugin
    yield Counted("file", plugin, "", 1, size)
    yield Counted("quality", plugin, quality(fact.detail, fact.height_px), 1, size)
    yield Counted("kind", plugin, fact.detail, 1, size)
    yield Counted("route", plugin, fact.route or "", 1, size)
    yield Counted("rhythm", plugin, f"{moment.weekday}{moment.hour_of_day:02}", 1, size)
    if fact.cached:
        yield Counted("cached", plugin, "", 1, size)
        return
    yield Counted("up", plugin, "", 1, size)
    yield _took("time.send", fact.send_ms, size)
    yield _took("time.total", fact.took_ms, size)


def _broadcast(fact: Fact, _moment: Moment) -> Iterator[Counted]:
    yield Counted("broadcast")
    for part in fact.detail.split(","):
        name, _, count = part.partition("=")
        if name in _ENDS and count.isdecimal():
            yield Counted("broadcast", "", _ENDS[name], int(count))


def _took(what: str, took_ms: int | None, size_bytes: int | None) -> Counted:
    took = took_ms or 0
    return Counted(what, "", f"{size_class(size_bytes)}{slot(took):03}", 1, took)


def _of_person(found: Sums, fact: Fact, person: int, moment: Moment) -> None:
    files = int(fact.name == "job.delivered")
    size = (fact.size_bytes or 0) * files
    day = found.people.setdefault((person, moment.day), [0, 0])
    day[0], day[1] = day[0] + files, day[1] + size
    if files:
        taste = found.tastes.setdefault((person, fact.plugin), [0, 0])
        taste[0], taste[1] = taste[0] + files, taste[1] + size


_MEANINGS: Mapping[str, Callable[[Fact, Moment], Iterable[Counted]]] = {
    "request.accepted": lambda _fact, _moment: (Counted("link"),),
    "person.new": lambda fact, _moment: (Counted("new", "", fact.detail),),
    "request.failed": lambda fact, _moment: (Counted("failure", fact.plugin, fact.detail),),
    "delivery.failed": lambda fact, _moment: (Counted("failure", fact.plugin, fact.detail),),
    "delivery.uncertain": lambda fact, _moment: (Counted("failure", fact.plugin, "uncertain"),),
    "plugin.paused": lambda fact, _moment: (Counted("paused", fact.plugin),),
    "request.probed": lambda fact, _moment: (_took("time.look", fact.took_ms, None),),
    "job.begun": lambda fact, _moment: (_took("time.wait", fact.took_ms, None),),
    "job.stage": _stage,
    "job.delivered": _delivered,
    "broadcast.done": _broadcast,
}
