"""The report that admins get unasked: the dashboard, once a day or a week at an hour of each one's own place."""

from __future__ import annotations

from datetime import date

from fetchgram.api import Context, text
from fetchgram_analytics.charts.asked import View
from fetchgram_analytics.dates import Place
from fetchgram_analytics.painter import Painter
from fetchgram_analytics.periods import BY_NAME
from fetchgram_analytics.settings import Every, Settings
from fetchgram_analytics.zones import Group, Zones

_LOCALE = "en"


class Reporting:
    """Tells admins how it went.

    Args:
        context: Who is told, and when.
        settings: How often.
        painter: Draws it.
        zones: Who has which zone.
    """

    def __init__(self, context: Context, settings: Settings, painter: Painter, zones: Zones) -> None:
        self._context = context
        self._settings = settings
        self._painter = painter
        self._zones = zones

    async def tell_if_due(self) -> None:
        """Tell what is due and was not told yet; a bot that was away at the hour makes up for it once."""
        if self._settings.report is not Every.OFF:
            for group in await self._zones.groups():
                if group.reported < (day := self._due(group.place)):
                    await self._tell(group, day)

    async def _tell(self, group: Group, day: int) -> None:
        period = BY_NAME["week" if self._settings.report is Every.WEEK else "day"]
        media, sheet = await self._painter.picture(View(period=period), _LOCALE, group.place)
        # Noted first: one that is lost with the power is better than one that comes again and again.
        await self._zones.told(group, day)
        if group.reported:
            told = text("analytics-report", title=sheet.title, note=sheet.note)
            await self._context.notify_admins(told, media=media, only=group.has)

    def _due(self, place: Place) -> int:
        """Return the day whose report is due there."""
        now = place.now(self._context.clock.now())
        day = now.day if now.hour_of_day >= self._settings.report_hour else now.day - 1
        return day - date.fromordinal(day).weekday() if self._settings.report is Every.WEEK else day
