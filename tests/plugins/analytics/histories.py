"""Generated histories, and what they come to by a slow and obvious count: no sums, no levels, no cleverness."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from fetchgram.api import Event, Json

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu")
SPRING = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
"""When clocks go forward in Europe."""
CHANGES = (SPRING, datetime(2026, 10, 25, 1, 0, tzinfo=UTC), datetime(2026, 4, 4, 15, 0, tzinfo=UTC))
PLUGINS = ("youtube", "instagram")
PEOPLE = range(1, 6)
_BORDERS = (5_000_000, 50_000_000, 500_000_000)


def _data(name: str) -> st.SearchStrategy[dict[str, Json]]:
    # At the borders of slots and of classes of sizes, too.
    seconds = st.floats(0, 5000).map(lambda value: round(value, 3)) | st.sampled_from([0.0, 0.01, 0.011, 0.012])
    size = st.integers(0, 3_000_000_000) | st.sampled_from([most + more for most in _BORDERS for more in (-1, 0)])
    shapes: dict[str, dict[str, st.SearchStrategy[Json]]] = {
        "job.delivered": {
            "route": st.sampled_from(["botapi", "cache"]),
            "cached": st.booleans(),
            "size_bytes": size,
            "seconds": seconds,
            "send_s": seconds,
            "kind": st.sampled_from(["video", "audio"]),
            "height_px": st.sampled_from([None, 720]),
        },
        "job.stage": {"stage": st.sampled_from(["download", "post_process"]), "seconds": seconds, "size_bytes": size},
        "job.begun": {"waited_s": seconds},
        "request.probed": {"seconds": seconds},
        "delivery.failed": {"reason": st.sampled_from(["private", "gone"])},
        "request.failed": {"reason": st.sampled_from(["geo", "gone"])},
        "delivery.uncertain": {},
        "plugin.paused": {},
        "person.back": {},
        "broadcast.done": {name: st.integers(0, 3) for name in ("delivered", "blocked", "gone", "failed", "uncertain")},
        "request.accepted": {},
        "person.new": {"language": st.sampled_from(["en", "de"])},
    }
    return st.fixed_dictionaries(shapes[name])


_OF_NOBODY = frozenset({"job.stage", "job.begun", "plugin.paused", "broadcast.done"})
_NAMES = (
    # Most of what happens are files.
    *(
        "job.delivered",
        "job.delivered",
        "job.delivered",
        "job.stage",
        "job.begun",
        "request.probed",
        "request.accepted",
    ),
    *("delivery.failed", "request.failed", "delivery.uncertain", "person.new", "person.back"),
    *("plugin.paused", "broadcast.done"),
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """An event around a change of the clocks, or up to three months later."""
    name = draw(st.sampled_from(_NAMES))
    quarters = st.builds(
        lambda number, away: number * 900_000 + away, st.integers(-16, 16), st.sampled_from([-1, 0, 1])
    )
    near = timedelta(milliseconds=draw(st.integers(-4 * 3_600_000, 4 * 3_600_000) | quarters))
    # The last of a second belongs to it.
    near += timedelta(microseconds=draw(st.sampled_from([0, 0, 999])))
    far = timedelta(days=draw(st.sampled_from([0, 0, 1, 6, 7, 13, 29, 30, 59, 61, 90])))
    return Event(
        name=name,
        at=draw(st.sampled_from(CHANGES)) + near + far,
        bot_id=1,
        person=None if name in _OF_NOBODY else draw(st.sampled_from(PEOPLE)),
        plugin=draw(st.sampled_from(PLUGINS)),
        data=draw(_data(name)),
    )


histories = st.lists(events(), min_size=1, max_size=40).map(
    # In any order: some come late.
    lambda found: [_numbered(event, number) for number, event in enumerate(found, start=1)]
)


def around_changes() -> list[Event]:
    """Tell of something each quarter of an hour while clocks are changed: hours are cut there, some by a half."""
    quarters = [change + timedelta(minutes=15 * number) for change in CHANGES for number in range(-8, 9)]
    return [Event(name="request.accepted", at=at, person=1, id=number) for number, at in enumerate(quarters, start=1)]


def _numbered(event: Event, number: int) -> Event:
    return replace(event, id=number)


Rows = dict[tuple[str, int, str, str], tuple[int, int]]


def recount(history: Sequence[Event], zone: str, level: str) -> Rows:
    """Count everything but people again, one event after the other."""
    n: Counter[tuple[str, int, str, str]] = Counter()
    amount: Counter[tuple[str, int, str, str]] = Counter()
    for event in history:
        at = _place(event.at, zone, level)
        for what, plugin, detail, much in _meanings(event, zone):
            keys = [(what, at, plugin, detail)]
            if what.startswith("time."):
                since = _quarter(event.at, zone) if level == "hour" else at
                keys.append((what.replace("time.", "all."), since, "", detail))
            for key in keys:
                n[key] += 1
                amount[key] += much
    return {key: (n[key], amount[key]) for key in n}


Theirs = tuple[dict[tuple[int, int], tuple[int, int]], dict[tuple[int, str], tuple[int, int, int]]]


def recount_theirs(history: Iterable[Event], zone: str) -> Theirs:
    """Count what each person got on each day, and from each platform since when."""
    days: dict[tuple[int, int], tuple[int, int]] = {}
    platforms: dict[tuple[int, str], tuple[int, int, int]] = {}
    for event in history:
        if event.person is None:
            continue
        day = event.at.astimezone(ZoneInfo(zone)).date().toordinal()
        is_file = event.name == "job.delivered"
        size = int(str(event.data["size_bytes"])) if is_file else 0
        files, much = days.get((event.person, day), (0, 0))
        days[event.person, day] = (files + is_file, much + size)
        if is_file:
            key = (event.person, event.plugin or "")
            files, much, first = platforms.get(key, (0, 0, day))
            platforms[key] = (files + 1, much + size, min(first, day))
    return days, platforms


def active(history: Iterable[Event], zone: str, day: date, window: int) -> int:
    """Count who did anything in so many days up to this one."""
    first = day - timedelta(days=window - 1)
    there = {
        event.person
        for event in history
        if event.person is not None and first <= event.at.astimezone(ZoneInfo(zone)).date() <= day
    }
    return len(there)


def _place(at: datetime, zone: str, level: str) -> int:
    local = at.astimezone(ZoneInfo(zone))
    if level == "month":
        return local.year * 12 + local.month - 1
    if level == "day":
        return local.date().toordinal()
    minute = at.replace(second=0, microsecond=0)
    # Back, minute by minute, to where the clocks showed another hour, or were set.
    while _clock(minute - timedelta(minutes=1), zone) == _clock(minute, zone):
        minute -= timedelta(minutes=1)
    return int(minute.timestamp())


def _quarter(at: datetime, zone: str) -> int:
    """Go back, a quarter of an hour at a time, to where a quarter of the day began, or clocks were set."""
    began = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
    while _quarter_of(began - timedelta(minutes=15), zone) == _quarter_of(began, zone):
        began -= timedelta(minutes=15)
    return int(began.timestamp())


def _quarter_of(at: datetime, zone: str) -> tuple[date, int, timedelta | None]:
    local = at.astimezone(ZoneInfo(zone))
    return local.date(), local.hour // 6, local.utcoffset()


def _clock(at: datetime, zone: str) -> tuple[int, timedelta | None]:
    local = at.astimezone(ZoneInfo(zone))
    return local.hour, local.utcoffset()


def _meanings(event: Event, zone: str) -> list[tuple[str, str, str, int]]:
    data, plugin = event.data, event.plugin or ""
    size = int(str(data.get("size_bytes", 0)))
    took = round(float(str(data.get("seconds", data.get("waited_s", 0)))) * 1000)
    plain = {
        "request.accepted": ("link", "", "", 0),
        "person.new": ("new", "", str(data.get("language")), 0),
        "delivery.failed": ("failure", plugin, str(data.get("reason")), 0),
        "request.failed": ("failure", plugin, str(data.get("reason")), 0),
        "delivery.uncertain": ("failure", plugin, "uncertain", 0),
        "plugin.paused": ("paused", plugin, "", 0),
        "request.probed": ("time.look", plugin, f"{_slot(took):03}", took),
        "job.begun": ("time.wait", plugin, f"{_slot(took):03}", took),
    }
    if event.name in plain:
        return [plain[event.name]]
    if event.name == "person.back":
        return []
    if event.name == "broadcast.done":
        ends = [("broadcast", "", name, 0) for name, count in data.items() for _ in range(int(str(count)))]
        return [("broadcast", "", "", 0), *ends]
    if event.name == "job.stage":
        stage = "download" if data["stage"] == "download" else "process"
        down = [("down", plugin, "", size)] if stage == "download" else []
        return [*down, (f"time.{stage}", plugin, f"{_slot(took):03}", took)]
    return _of_a_file(event, zone, size, took)


def _of_a_file(event: Event, zone: str, size: int, took: int) -> list[tuple[str, str, str, int]]:
    data, plugin = event.data, event.plugin or ""
    local = event.at.astimezone(ZoneInfo(zone))
    video = data["kind"] == "video" and data["height_px"]
    found = [
        ("file", plugin, "", size),
        ("quality", plugin, f"{data['height_px']}p" if video else str(data["kind"]), size),
        ("kind", plugin, str(data["kind"]), size),
        ("route", plugin, str(data["route"]), size),
        ("rhythm", plugin, f"{local.weekday()}{local.hour:02}", size),
    ]
    if data["cached"]:
        return [*found, ("cached", plugin, "", size)]
    sent = round(float(str(data["send_s"])) * 1000)
    return [
        *found,
        ("up", plugin, "", size),
        ("time.send", plugin, f"{_slot(sent):03}", sent),
        ("time.total", plugin, f"{_slot(took):03}", took),
        ("sized", plugin, f"{_class(size)}{_slot(took):03}", took),
    ]


def _slot(took_ms: int) -> int:
    """Count the slots, each a tenth longer than the one before."""
    number, longest = 0, 10.0
    while took_ms > longest * (1 + 1e-9):
        number, longest = number + 1, longest * 1.1
    return number


def _class(size: int) -> str:
    if size < 5_000_000:
        return "a"
    if size < 50_000_000:
        return "b"
    return "c" if size < 500_000_000 else "d"


def plain_history(count: int) -> list[Event]:
    """Tell of files and links of forty days, always the same."""
    dice, found = random.Random(7), []
    for number in range(1, count + 1):
        at = dice.choice(CHANGES) + timedelta(seconds=dice.randint(0, 40 * 86400))
        data: dict[str, Json] = {
            "route": "botapi",
            "cached": dice.random() < 0.3,
            "size_bytes": dice.randint(1, 10**9),
            "seconds": round(dice.expovariate(0.1), 3),
            "send_s": 1.0,
            "kind": "video",
            "height_px": 720,
        }
        delivered = dice.random() < 0.6
        found.append(
            Event(
                name="job.delivered" if delivered else "request.accepted",
                at=at,
                person=dice.choice(PEOPLE),
                plugin=dice.choice(PLUGINS),
                data=data if delivered else {},
                id=number,
            )
        )
    return found
