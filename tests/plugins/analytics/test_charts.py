from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fetchgram.api import Event, Json
from fetchgram_analytics.charts.asked import View
from fetchgram_analytics.charts.atlas import CHARTS, NO_COMPARISON, NO_PLATFORM, sheet, tiles
from fetchgram_analytics.dates import Place
from fetchgram_analytics.histogram import percentile
from fetchgram_analytics.keeping import Keeping
from fetchgram_analytics.periods import PERIODS, span_of
from fetchgram_analytics.pictures import Panel
from fetchgram_analytics.settings import Theme

from .conftest import NOW, Desk

pytestmark = pytest.mark.timeout(120)


def story() -> list[Event]:
    """Two months: YouTube more and more, Instagram with failures."""
    dice = random.Random(11)
    found: list[Event] = []
    data: dict[str, Json]
    for day in range(60, -1, -1):
        for _ in range(3 + (60 - day) // 10):
            plugin = "youtube" if dice.random() < 0.7 else "instagram"
            at = NOW - timedelta(days=day, hours=dice.randint(0, 11))
            number = len(found) + 1
            if plugin == "instagram" and dice.random() < 0.3:
                data = {"reason": dice.choice(["private", "private", "gone"])}
                found.append(Event(name="delivery.failed", at=at, person=2, plugin=plugin, data=data, id=number))
                continue
            data = {
                "route": "botapi",
                "cached": dice.random() < 0.25,
                "size_bytes": dice.randint(1, 90_000_000),
                "seconds": dice.expovariate(0.1),
                "send_s": 1.0,
                "kind": "video",
                "height_px": 720,
            }
            person = dice.randint(1, 9)
            found.append(Event(name="job.delivered", at=at, person=person, plugin=plugin, data=data, id=number))
    return [*found, *_around_a_change(len(found))]


def _around_a_change(number: int) -> Iterator[Event]:
    """Files of each hour while clocks are set back in New York."""
    changed = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    data: dict[str, Json] = {"route": "botapi", "cached": False, "size_bytes": 1, "seconds": 1.0, "send_s": 1.0}
    for hour in range(-24, 25):
        at, here = changed + timedelta(hours=hour), data | {"kind": "audio"}
        number += 1
        yield Event(name="job.delivered", at=at, person=1, plugin="youtube", data=here, id=number)


async def panel(desk: Desk, chart: str, **view: object) -> Panel:
    asked = await desk.painter.asked(View(chart=chart, **view), "en")  # type: ignore[arg-type]  # fields of View
    return (await sheet(asked, Theme.LIGHT)).panels[0]


@pytest.fixture
async def told(desk: Desk) -> list[Event]:
    history = story()
    await desk.tell(*history)
    return history


async def test_files_are_those_of_the_period_and_are_compared_with_the_one_before(
    desk: Desk, told: list[Event]
) -> None:
    shown = await panel(desk, "files")
    delivered = [event for event in told if event.name == "job.delivered"]
    now = [event for event in delivered if event.at.date() > (NOW - timedelta(days=30)).date()]
    then = [event for event in delivered if event not in now and event.at.date() > (NOW - timedelta(days=60)).date()]
    assert sum(value or 0 for series in shown.series for value in series.values) == len(now)
    assert sum(value or 0 for value in shown.before) == len(then)
    grown = round((len(now) - len(then)) / len(then) * 100)
    assert f"{len(now)} files, {grown} % more than before" in shown.title.translate({0x2068: None, 0x2069: None})
    tile = (await tiles(await desk.painter.asked(View(), "en")))[0]
    assert (tile.value, (tile.change or "").translate({0x2068: None, 0x2069: None})) == (f"{len(now)}", f"+{grown} %")


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe"])
async def test_days_and_hours_are_those_of_whoever_looks(desk: Desk, told: list[Event], zone: str) -> None:
    place, there = Place(zone), ZoneInfo(zone)
    # Sums are of hours, which begin on the half where the bot's zone and theirs are half an hour apart.
    delivered = [event for event in told if event.name == "job.delivered"]
    asked = await desk.painter.asked(View(chart="files", plugin="youtube"), "en", place)
    (shown,) = (await sheet(asked, Theme.LIGHT)).panels
    by_day = Counter(
        _began(event.at).astimezone(there).date().toordinal() for event in delivered if event.plugin == "youtube"
    )
    assert [int(value or 0) for value in shown.series[0].values] == [by_day[day] for day in asked.span.slots]
    assert sum(value or 0 for value in shown.before) == sum(by_day[day] for day in asked.span_before.slots)
    whole = await asked.queries.series("file", asked.span_before, by="plugin", plugin="youtube")
    assert whole["youtube"].n == sum(by_day[day] for day in asked.span_before.slots)
    rhythm = await asked.queries.rhythm(asked.span)
    days = set(asked.span.slots)
    clocks = [_began(event.at).astimezone(there) for event in delivered]
    expected = Counter(f"{at.weekday()}{at.hour:02}" for at in clocks if at.date().toordinal() in days)
    assert rhythm == dict(expected)


def _began(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


@pytest.mark.parametrize(
    "zone", [None, "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati", "Africa/Lagos"]
)
async def test_times_of_each_day_are_those_of_all_its_files(desk: Desk, told: list[Event], zone: str | None) -> None:
    there = ZoneInfo(zone or "Europe/Berlin")
    for plugin in (None, "instagram"):
        asked = await desk.painter.asked(View(chart="speed", plugin=plugin), "en", Place(zone) if zone else None)
        (shown,) = (await sheet(asked, Theme.LIGHT)).panels
        times: dict[int, list[float]] = defaultdict(list)
        for event in told:
            if event.name == "job.delivered" and not event.data["cached"] and plugin in {None, event.plugin}:
                times[_began(event.at).astimezone(there).date().toordinal()].append(float(str(event.data["seconds"])))
        for series, part in zip(shown.series, (0.95, 0.5), strict=True):
            for day, value in zip(asked.span.slots, series.values, strict=True):
                if not times[day]:
                    assert value is None
                    continue
                exact = sorted(times[day])[math.ceil(len(times[day]) * part) - 1]
                assert value is not None
                assert exact * 0.999 <= value <= max(0.01, exact * 1.101)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu", "America/New_York", "Pacific/Kiritimati"])
async def test_many_days_of_which_months_are_taken_whole_are_the_sum_of_each(
    desk: Desk, told: list[Event], zone: str
) -> None:
    asked = await desk.painter.asked(View(period=PERIODS[3]), "en")
    whole = span_of(PERIODS[3], Place(zone), NOW, asked.home)
    # Some begin or end on the days on which there are files of every hour.
    for first, end in (
        (0, 90),
        (25, 90),
        (26, 90),
        (56, 90),
        (89, 90),
        (64, 90),
        (65, 90),
        (40, 65),
        (40, 66),
        (65, 66),
    ):
        span = replace(whole, slots=whole.slots[first:end])
        by_day = await asked.queries.series("file", span)
        by_plugin = await asked.queries.series("file", span, by="plugin")
        assert set(by_day) <= set(span.slots)
        for each in ("n", "amount"):
            assert sum(getattr(amount, each) for amount in by_plugin.values()) == sum(
                getattr(amount, each) for amount in by_day.values()
            )
        for plugin in (None, "youtube"):
            times = Counter[int]()
            for slots in (await asked.queries.times("total", span, plugin)).values():
                assert all(n > 0 for n in slots.values())
                times.update(slots)
            assert times == {
                int(slot): amount.n
                for slot, amount in (await asked.queries.series("time.total", span, by="detail", plugin=plugin)).items()
            }
            half, most = (await asked.queries.percentiles(("total",), span, plugin))["total"]
            assert (half, most) == (percentile(times, 0.5), percentile(times, 0.95))


async def test_both_engines_move_the_same_hours(shared_desk: Desk) -> None:
    """Where days begin eight hours before the bot's, six of them are moved at once."""
    history = story()
    await shared_desk.tell(*history)
    asked = await shared_desk.painter.asked(View(), "en", Place("Asia/Tokyo"))
    for plugin in (None, "youtube"):
        found = await asked.queries.times("total", asked.span, plugin)
        days = Counter(
            _began(event.at).astimezone(ZoneInfo("Asia/Tokyo")).date().toordinal()
            for event in history
            if event.name == "job.delivered" and not event.data["cached"] and plugin in {None, event.plugin}
        )
        assert {day: sum(slots.values()) for day, slots in found.items()} == {
            day: days[day] for day in asked.span.slots if days[day]
        }
        by_slot = await asked.queries.series("time.total", asked.span, by="detail", plugin=plugin)
        assert sum(found.values(), Counter()) == {int(slot): each.n for slot, each in by_slot.items()}


async def test_a_place_far_behind_has_its_first_day_whole_after_old_hours_were_removed(
    desk: Desk, told: list[Event]
) -> None:
    """It is late in the evening there: its oldest day began nearly 60 days ago, and the bot's half a day before."""
    desk.clock.advance(20 * 3600)
    view, place = View(chart="speed"), Place("Pacific/Honolulu")
    asked = await desk.painter.asked(view, "en", place)
    first = Place("Europe/Berlin").begins(asked.span_before.first)
    assert first < (desk.clock.now() - timedelta(days=60)).timestamp()
    early = datetime.fromtimestamp(first, UTC) + timedelta(hours=1)
    await desk.tell(
        replace(next(e for e in told if e.name == "job.delivered" and not e.data["cached"]), at=early, id=999)
    )
    whole = await sheet(await desk.painter.asked(view, "en", place), Theme.LIGHT)
    await Keeping(desk.database, desk.settings, Place("Europe/Berlin")).clean_up(desk.clock.now())
    assert asked.place == place
    assert await sheet(await desk.painter.asked(view, "en", place), Theme.LIGHT) == whole


async def test_hours_on_the_half_are_shown_where_they_begin(desk: Desk, told: list[Event]) -> None:
    asked = await desk.painter.asked(View(chart="files", period=PERIODS[0]), "en", Place("Asia/Kathmandu"))
    (shown,) = (await sheet(asked, Theme.LIGHT)).panels
    last = [e.at for e in told if e.name == "job.delivered" and e.at > NOW - timedelta(hours=23)]
    by_hour = Counter(_began(at).astimezone(ZoneInfo("Asia/Kathmandu")).strftime("%H:%M") for at in last)
    counts = [
        int(sum(value or 0 for value in both)) for both in zip(*(each.values for each in shown.series), strict=True)
    ]
    assert {label: n for label, n in zip(shown.labels, counts, strict=True) if n} == dict(by_hour)
    rhythm = await asked.queries.rhythm(asked.span)
    assert sum(rhythm.values()) == len(last)
    assert {slot[1:] for slot in rhythm} == {label[:2] for label in by_hour}


async def test_a_platform_alone_is_shown_alone(desk: Desk, told: list[Event]) -> None:
    shown = await panel(desk, "files", plugin="instagram")
    (series,) = shown.series
    assert series.name == "Instagram"
    ours = [event for event in told if event.plugin == "instagram" and event.name == "job.delivered"]
    now = [event for event in ours if event.at.date() > (NOW - timedelta(days=30)).date()]
    assert sum(value or 0 for value in series.values) == len(now)


async def test_the_success_of_a_platform_is_its_files_among_its_wishes(desk: Desk, told: list[Event]) -> None:
    shown = await panel(desk, "success", plugin="instagram", period=PERIODS[4])
    good = sum(event.name == "job.delivered" for event in told if event.plugin == "instagram")
    bad = sum(event.name == "delivery.failed" for event in told)
    assert f"{int(good / (good + bad) * 1000) / 10:.1f} %" in shown.title.translate({0x2068: None, 0x2069: None})


async def test_the_first_reason_of_failures_is_named(desk: Desk, told: list[Event]) -> None:
    shown = await panel(desk, "failures", period=PERIODS[4])
    assert shown.labels[0] == "private"
    assert shown.series[0].values[0] == sum(event.data.get("reason") == "private" for event in told)


async def test_the_audience_of_a_day_is_everybody_who_had_got_a_file_by_its_end(desk: Desk) -> None:
    came = ("2026-08-31", "2026-09-30", "2026-10-01", "2026-10-31", "2026-11-01", "2026-11-24", "2026-11-25")
    data: dict[str, Json] = {"route": "botapi", "kind": "audio", "size_bytes": 1, "seconds": 1.0, "send_s": 1.0}
    for person, day in enumerate(came, start=1):
        for number, at in enumerate((datetime.fromisoformat(f"{day}T08:00:00+00:00"), NOW)):
            file = Event(
                name="job.delivered", at=at, person=person, plugin="youtube", data=data, id=2 * person + number
            )
            await desk.tell(file)
    asked = await desk.painter.asked(View(chart="audience"), "en")
    for day in (*came, "2026-11-23"):
        number = datetime.fromisoformat(day).toordinal()
        assert await asked.queries.audience(number) == {"youtube": sum(each <= day for each in came)}, day
    (shown,) = (await sheet(asked, Theme.LIGHT)).panels
    # 30 days before the 25th of November it was the 26th of October.
    assert (shown.series[0].values, shown.before) == ((7.0,), (3.0,))


async def test_people_who_came_back_are_those_of_both_weeks(desk: Desk, told: list[Event]) -> None:
    shown = await panel(desk, "returning")

    def week(ends_days_ago: int) -> set[int | None]:
        last = (NOW - timedelta(days=ends_days_ago)).date()
        return {e.person for e in told if last - timedelta(days=6) <= e.at.date() <= last}

    expected = len(week(7) & week(0)) / len(week(7)) * 100
    assert shown.series[0].values[-1] == pytest.approx(expected)


async def test_the_month_that_is_not_over_counts_people_up_to_today(desk: Desk, told: list[Event]) -> None:
    by_day, by_month = await panel(desk, "people"), await panel(desk, "people", period=PERIODS[4])
    assert [series.values[-1] for series in by_month.series] == [series.values[-1] for series in by_day.series]


@pytest.mark.parametrize("period", PERIODS, ids=lambda period: period.name)
async def test_every_chart_answers_for_every_period(desk: Desk, told: list[Event], period: object) -> None:
    for chart in CHARTS:
        shown = await panel(desk, chart, period=period)
        assert shown.title
        assert all(len(series.values) == len(shown.series[0].values) for series in shown.series)


async def test_every_button_of_a_chart_changes_it(desk: Desk, told: list[Event]) -> None:
    """Platforms and comparison are offered where they say something, and nowhere else."""
    for chart in CHARTS:
        whole = await panel(desk, chart)
        alone, bare = await panel(desk, chart, plugin="youtube"), await panel(desk, chart, compare=False)
        if whole.is_empty:
            continue
        assert (alone != whole) is (chart not in NO_PLATFORM), chart
        assert bool(whole.before) is (chart not in NO_COMPARISON), chart
        assert not bare.before
        assert (bare != whole) is (chart not in NO_COMPARISON), chart


async def test_the_dashboard_of_a_platform_has_no_number_of_all_of_them(desk: Desk, told: list[Event]) -> None:
    asked = await desk.painter.asked(View(plugin="instagram"), "en")
    alone = await sheet(asked, Theme.LIGHT)
    whole = await sheet(await desk.painter.asked(View(), "en"), Theme.LIGHT)
    assert len(alone.panels) == len(whole.panels) == 6
    assert [tile.name for tile in whole.tiles] == ["Files", "People in 30 days", "Success", "Half within"]
    assert [tile.name for tile in alone.tiles] == ["Files", "Success", "Half within"]
    assert any("people" in panel.title for panel in whole.panels)
    assert not any("people" in panel.title or "of all files" in panel.title for panel in alone.panels)


async def test_a_platform_that_was_chosen_is_not_named_where_it_says_nothing(desk: Desk, told: list[Event]) -> None:
    for chart, named in (("files", True), ("people", False), ("returning", False), ("broadcasts", False)):
        asked = await desk.painter.asked(View(chart=chart, plugin="instagram"), "en")
        assert ("Instagram" in (await sheet(asked, Theme.LIGHT)).note) is named


async def test_a_bot_that_nobody_has_used_has_charts_that_say_so(desk: Desk) -> None:
    for chart in CHARTS:
        shown = await panel(desk, chart)
        assert shown.is_empty
        assert shown.empty == "Nothing yet"
