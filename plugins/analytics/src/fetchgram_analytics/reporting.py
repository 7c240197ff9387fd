"""The report that admins get unasked: the dashboard, once a day or a week at their hour."""

from __future__ import annotations

from datetime import date

from sqlalchemy import update

from fetchgram.api import Context, text
from fetchgram_analytics.charts.asked import View
from fetchgram_analytics.dates import Place
from fetchgram_analytics.painter import Painter
from fetchgram_analytics.periods import BY_NAME
from fetchgram_analytics.recording import marks_of
from fetchgram_analytics.settings import Every, Settings
from fetchgram_analytics.tables import marks

_LOCALE = "en"


class Reporting:
    """Tells admins how it went.

    Args:
        context: Who is told, and when.
        settings: How often.
        painter: Draws it.
    """

    def __init__(self, context: Context, settings: Settings, painter: Painter) -> None:
        self._context = context
        self._settings = settings
        self._painter = painter

    async def tell_if_due(self) -> None:
        """Tell what is due and was not told yet; a bot that was away at the hour makes up for it once."""
        due = self._due()
        async with self._context.database.read() as transaction:
            reported = (await marks_of(transaction))["reported"]
        if due is None or reported >= due:
            return
        period = BY_NAME["week" if self._settings.report is Every.WEEK else "day"]
        media, sheet = await self._painter.picture(View(period=period), _LOCALE)
        # Noted first: one that is lost with the power is better than one that comes again and again.
        async with self._context.database.write() as transaction:
            await transaction.execute(update(marks).where(marks.c.name == "reported").values(value=due))
        if reported:
            await self._context.notify_admins(text("analytics-report", title=sheet.title, note=sheet.note), media=media)

    def _due(self) -> int | None:
        """Return the day whose report is due."""
        if self._settings.report is Every.OFF:
            return None
        now = Place(self._settings.timezone).now(self._context.clock.now())
        day = now.day if now.hour_of_day >= self._settings.report_hour else now.day - 1
        return day - date.fromordinal(day).weekday() if self._settings.report is Every.WEEK else day
