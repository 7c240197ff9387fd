"""/stats: what somebody got, as a card of their own."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date, format_skeleton

from fetchgram.api import Command, Interaction, Person, Role, Screen, Show, text
from fetchgram_analytics.charts.asked import Asked, View
from fetchgram_analytics.drawing.theme import short
from fetchgram_analytics.painter import Painter
from fetchgram_analytics.pictures import Form, Panel, Series, Sheet, Tile, Unit
from fetchgram_analytics.queries import Mine
from fetchgram_analytics.recording import Recorder
from fetchgram_analytics.settings import Settings, Theme

_WEEKS = 12
_DAYS = 7
_LONGEST_NAME = 40


class Card:
    """Shows people their own numbers, and nobody else's.

    Args:
        painter: Draws it.
        recorder: Knows how people are called in the tables.
        settings: The theme.
    """

    def __init__(self, painter: Painter, recorder: Recorder, settings: Settings) -> None:
        self._painter = painter
        self._recorder = recorder
        self._settings = settings

    def command(self) -> Command:
        """Return the command."""
        return Command(name="stats", help=text("analytics-stats-help"), handler=self.show, minimum_role=Role.USER)

    async def show(self, interaction: Interaction) -> Screen:
        """Draw the card of whoever asks."""
        asked = await self._painter.asked(View(), interaction.locale)
        person = self._recorder.person(interaction.person.id, await asked.queries.salt())
        mine = await asked.queries.mine(person)
        if not mine.files:
            return Screen(text=text("analytics-stats-none"), show=Show.NEW)
        shown = card(asked, mine, interaction.person, dark=self._settings.theme is Theme.DARK)
        media = await self._painter.draw(shown)
        told = text("analytics-stats-caption", files=mine.files, size=mine.size_bytes)
        return Screen(text=told, media=media, show=Show.NEW)


def card(asked: Asked, mine: Mine, person: Person, *, dark: bool) -> Sheet:
    """Return the card of one person."""
    today = asked.place.now(asked.at).day
    monday = today - date.fromordinal(today).weekday()
    weeks = tuple(monday - _DAYS * back for back in range(_WEEKS - 1, -1, -1))
    values = tuple(float(sum(mine.by_day.get(week + day, 0) for day in range(_DAYS))) for week in weeks)
    locale = asked.locale.replace("-", "_")
    panel = Panel(
        form=Form.BARS,
        unit=Unit.COUNT,
        title=asked.say("stats-weeks"),
        labels=tuple(format_skeleton("MMMd", date.fromordinal(week), locale=locale) for week in weeks),
        series=(Series("", values),),
        empty=asked.say("empty"),
    )
    first, last = (format_date(date.fromordinal(day), "d MMM y", locale=locale) for day in (weeks[0], today))
    shown = " ".join(person.first_name.split())[:_LONGEST_NAME]
    return Sheet(
        title=asked.say("stats-title", name=shown),
        otherwise=f"@{person.username or person.id}",
        note=asked.say("stats-note", first=first, last=last),
        panels=(panel,),
        tiles=_tiles(asked, mine),
        dark=dark,
    )


def _tiles(asked: Asked, mine: Mine) -> tuple[Tile, ...]:
    favourite = asked.say("name", name=mine.by_plugin[0][0]) if mine.by_plugin else "–"
    return (
        Tile(name=asked.say("tile-yours"), value=short(mine.files, "count")),
        Tile(name=asked.say("tile-size"), value=short(mine.size_bytes, "bytes")),
        Tile(name=asked.say("tile-favourite"), value=favourite),
        Tile(name=asked.say("tile-days"), value=short(len(mine.by_day), "count")),
    )
