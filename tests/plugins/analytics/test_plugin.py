from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from fetchgram.api import Event, Interaction, Json, Person, Role, Screen, Show
from fetchgram_analytics.card import Card, card
from fetchgram_analytics.charts.asked import View
from fetchgram_analytics.dates import Place
from fetchgram_analytics.painter import Painter
from fetchgram_analytics.periods import BY_NAME
from fetchgram_analytics.recording import Recorder
from fetchgram_analytics.reporting import Reporting
from fetchgram_analytics.screens import Analytics
from fetchgram_analytics.settings import Every, Settings
from fetchgram_analytics.zones import Zones, named

from .conftest import NOW, Desk, open_desk

pytestmark = pytest.mark.timeout(120)


class Control:
    """Of a person who does nothing with the bot itself."""

    role = Role.ADMIN


def interaction(action: str = "", args: dict[str, Json] | None = None, *, person: int = 7) -> Interaction:
    return Interaction(
        person=Person(bot_id=1, id=person, first_name="Ann"),
        role=Role.ADMIN,
        chat=person,
        locale="en",
        control=Control(),  # type: ignore[arg-type]  # nothing of it is used
        action=action,
        args=args or {},
    )


def delivered(number: int, *, person: int = 7, plugin: str = "youtube") -> Event:
    data: dict[str, Json] = {
        "route": "botapi",
        "cached": False,
        "size_bytes": 2_000_000,
        "seconds": 2.0,
        "kind": "audio",
    }
    return Event(name="job.delivered", at=NOW, person=person, plugin=plugin, data=data, id=number)


def button(screen: Screen, key: str, **params: str) -> dict[str, Json]:
    """Return what a button carries that has this label."""
    for row in screen.rows:
        for each in row:
            if each.label.key == key and params.items() <= dict(each.label.params).items():
                return dict(each.args)
    raise LookupError(key)


def zones_of(desk: Desk) -> Zones:
    return Zones(desk.database, Recorder(hash_ids=desk.settings.hash_ids), desk.settings)


async def test_a_chart_is_reached_from_the_dashboard_and_the_way_back(desk: Desk) -> None:
    await desk.tell(delivered(1), delivered(2, plugin="instagram"))
    analytics = Analytics(desk.painter, zones_of(desk))
    dashboard = await analytics.show(interaction())
    assert dashboard.show is Show.NEW
    assert dashboard.media is not None
    chart = await analytics.show(interaction("show", button(dashboard, "analytics-platforms")))
    assert chart.show is Show.EDIT
    assert chart.media is not None
    assert chart.media.path != dashboard.media.path
    assert button(chart, "analytics-button-back")["chart"] == "dashboard"


async def test_period_comparison_and_platform_stay_while_the_others_change(desk: Desk) -> None:
    await desk.tell(delivered(1), delivered(2, plugin="instagram"))
    analytics = Analytics(desk.painter, zones_of(desk))
    files = await analytics.show(interaction("show", {"chart": "files"}))
    week = next(b for row in files.rows for b in row if b.args.get("period") == "week")
    shown = await analytics.show(interaction("show", dict(week.args)))
    alone = await analytics.show(interaction("show", button(shown, "analytics-button-compare")))
    args = button(alone, "analytics-button-back")
    assert (args["period"], args["compare"]) == ("week", False)


async def test_each_admin_chooses_whose_hours_and_days_the_charts_have(desk: Desk) -> None:
    await desk.tell(delivered(1))
    zones = zones_of(desk)
    analytics = Analytics(desk.painter, zones)
    asked = await analytics.ask_zone(interaction("zone"))
    assert asked.ask is not None
    assert asked.ask.action == "zone-set"
    unknown = await analytics.set_zone(replace(interaction("zone-set"), text="Atlantis"))
    assert unknown.text.key == "analytics-zone-unknown"
    assert unknown.ask is not None
    shown = await analytics.set_zone(replace(interaction("zone-set"), text=" new york"))
    assert "America/New_York" in str(shown.text.params["note"])
    assert button(shown, "analytics-button-zone", zone="America/New_York") == {}
    people = await analytics.show(interaction("show", {"chart": "people"}))
    assert "Europe/Berlin" in str(people.text.params["note"])
    others = await analytics.show(interaction(person=8))
    assert "Europe/Berlin" in str(others.text.params["note"])
    back = await analytics.set_zone(interaction("zone-set"))
    assert "Europe/Berlin" in str(back.text.params["note"])


async def test_whoever_is_forgotten_has_no_zone_left(desk: Desk) -> None:
    zones = zones_of(desk)
    await zones.choose(7, Place("Asia/Tokyo"))
    await zones.choose(7, Place("Asia/Kathmandu"))
    assert await zones.of(7) == Place("Asia/Kathmandu")
    await desk.tell(Event(name="person.forgotten", at=NOW, person=7, id=1))
    assert await zones.of(7) == zones.home


@pytest.mark.parametrize(
    ("words", "zone"),
    [("Europe/Berlin", "Europe/Berlin"), ("utc", "UTC"), ("buenos aires", "America/Argentina/Buenos_Aires")],
)
def test_a_zone_is_found_by_its_name_and_by_its_city(words: str, zone: str) -> None:
    assert named(words) == Place(zone)
    assert named(f"{words}x") is None


async def test_the_card_shows_whoever_asks_their_own_files_only(desk: Desk) -> None:
    await desk.tell(delivered(1), delivered(2), delivered(3, person=8))
    card = Card(desk.painter, Recorder(hash_ids=False), desk.settings)
    mine = await card.show(interaction())
    assert mine.text.params["files"] == 2
    assert mine.media is not None
    nobody = await card.show(interaction(person=99))
    assert nobody.text.key == "analytics-stats-none"
    assert nobody.media is None


@pytest.mark.parametrize(("every", "told"), [(Every.DAY, 1), (Every.WEEK, 1), (Every.OFF, 0)])
async def test_admins_get_the_report_once_when_it_is_due(
    template: Path, tmp_path: Path, every: Every, told: int
) -> None:
    async with open_desk(template, tmp_path / "report", Settings(report=every, report_hour=9)) as desk:
        reporting = Reporting(desk.context, desk.settings, desk.painter, zones_of(desk))
        await reporting.tell_if_due()  # the first look only notes the day: there is nothing to report yet
        assert desk.admins.told == []
        desk.clock.advance(timedelta(days=7).total_seconds())
        for _ in range(3):
            await reporting.tell_if_due()
        assert len(desk.admins.told) == told
        assert all(media is not None for media in desk.admins.media)


async def test_the_report_is_due_when_the_clocks_of_the_place_show_its_hour(template: Path, tmp_path: Path) -> None:
    settings = Settings(report=Every.DAY, report_hour=9, timezone="Asia/Kathmandu")
    async with open_desk(template, tmp_path / "report", settings) as desk:
        reporting = Reporting(desk.context, desk.settings, desk.painter, zones_of(desk))
        await reporting.tell_if_due()
        # 9:00 in Kathmandu is 3:15 UTC; it is 12:00 UTC now.
        desk.clock.advance(15 * 3600 + 15 * 60 - 1)
        await reporting.tell_if_due()
        assert desk.admins.told == []
        desk.clock.advance(1)
        await reporting.tell_if_due()
        assert len(desk.admins.told) == 1


async def test_each_admin_gets_the_report_at_the_hour_of_their_own_place(template: Path, tmp_path: Path) -> None:
    settings = Settings(report=Every.DAY, report_hour=9, timezone="Europe/Berlin", hash_ids=True)
    async with open_desk(template, tmp_path / "report", settings) as desk:
        zones = zones_of(desk)
        reporting = Reporting(desk.context, desk.settings, desk.painter, zones)
        await reporting.tell_if_due()
        for person, zone in ((7, "Asia/Tokyo"), (8, "America/New_York"), (9, "Asia/Tokyo")):
            await zones.choose(person, Place(zone))
        # In Berlin it is 13:00, and today's has been told. 9:00 in Tokyo is 1:00 there, 9:00 in New York 15:00.
        got: list[tuple[int, str, set[int]]] = []
        for hour in range(14, 14 + 26):
            desk.clock.advance(3600)
            before = len(desk.admins.told)
            await reporting.tell_if_due()
            for told, is_meant in zip(desk.admins.told[before:], desk.admins.only[before:], strict=True):
                place = str(told.params["note"]).translate({0x2068: None, 0x2069: None}).split(" · ")[1]
                got.append((hour, place, {person for person in (6, 7, 8, 9) if is_meant(person)}))
    assert got == [
        (24 + 1, "Asia/Tokyo", {7, 9}),
        (24 + 9, "Europe/Berlin", {6}),
        (24 + 15, "America/New_York", {8}),
    ]


@pytest.mark.parametrize(("kept", "zone"), [(61, "Asia/Tokyo"), (60, "Europe/Berlin")])
async def test_days_are_those_of_whoever_looks_as_long_as_the_hours_of_both_periods_and_a_day_more_are_kept(
    template: Path, tmp_path: Path, kept: int, zone: str
) -> None:
    settings = Settings(timezone="Europe/Berlin", keep_hours_days=kept)
    async with open_desk(template, tmp_path / "kept", settings) as desk:
        asked = await desk.painter.asked(View(period=BY_NAME["month"]), "en", Place("Asia/Tokyo"))
        assert asked.place == Place(zone)
        year = await desk.painter.asked(View(period=BY_NAME["year"]), "en", Place("Asia/Tokyo"))
        assert year.place == Place("Europe/Berlin")


async def test_the_card_has_the_files_of_each_week(desk: Desk) -> None:
    # A Wednesday: the week began two days ago.
    for number, days in enumerate((0, 2, 3, 9, 9, 10, 77 + 2, 77 + 3), start=1):
        await desk.tell(replace(delivered(number), at=NOW - timedelta(days=days)))
    asked = await desk.painter.asked(View(), "en")
    mine = await asked.queries.mine(7)
    shown = card(asked, mine, Person(bot_id=1, id=7, first_name=" Ann\n B "), dark=False)
    assert shown.title.strip("\u2068\u2069") == "Ann B"
    assert shown.otherwise == "@7"
    assert shown.panels[0].series[0].values == (1, *[0] * 8, 1, 3, 2)
    assert shown.panels[0].labels[-1] == "Nov 23"


def test_a_zone_that_there_is_not_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValidationError, match="Europe/Berlin"):
        Settings(timezone="Berlin/Europe")


async def test_pictures_do_not_pile_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fetchgram_analytics.painter._FILES", 2)
    painter = Painter(desk.context, desk.settings, desk.summing)
    analytics = Analytics(painter, zones_of(desk))
    for _ in range(4):
        await analytics.show(interaction("show", {"chart": "kinds"}))
    assert len(list((desk.context.data_dir / "pictures").iterdir())) == 2
