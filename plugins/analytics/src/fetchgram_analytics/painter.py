"""From a view to a picture: the sums are brought up to date, asked, and drawn in a child."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import cast

from fetchgram.api import Context, Media, MediaKind
from fetchgram_analytics.charts.asked import Asked, View
from fetchgram_analytics.charts.atlas import OF_THE_BOTS_DAYS, sheet
from fetchgram_analytics.dates import Level, Place
from fetchgram_analytics.pictures import Sheet
from fetchgram_analytics.queries import Queries
from fetchgram_analytics.settings import Settings
from fetchgram_analytics.summing import Summing

_CHILD = "fetchgram_analytics.drawing.child:draw"
_LONGEST_S = 60.0
_FILES = 64
"""Pictures that lie on the disk at most; each is read when it is sent."""


class Painter:
    """Draws.

    Args:
        context: Time, texts, database, children.
        settings: Zone and theme.
        summing: Brings the sums up to date.
    """

    def __init__(self, context: Context, settings: Settings, summing: Summing) -> None:
        self._context = context
        self._settings = settings
        self._summing = summing
        self._home = Place(settings.timezone)
        self._numbers = itertools.cycle(range(_FILES))

    async def asked(self, view: View, locale: str, place: Place | None = None, *, fresh: bool = True) -> Asked:
        """Return the view as it is to be answered now.

        Args:
            view: What is looked at.
            locale: In which language.
            place: Whose days and hours, where the sums allow; the bot's by default.
            fresh: Whether what came in the last minute is added up before.
        """
        if fresh:
            await self._summing.catch_up()
        return Asked(
            queries=Queries(self._context.database, self._home),
            place=self._place(view, place),
            home=self._home,
            texts=self._context.texts,
            locale=locale,
            view=view,
            at=self._context.clock.now(),
        )

    async def picture(self, view: View, locale: str, place: Place | None = None) -> tuple[Media, Sheet]:
        """Return the picture of a view, and what is on it."""
        shown = await sheet(await self.asked(view, locale, place), self._settings.theme)
        return await self.draw(shown, self._path()), shown

    async def draw(self, shown: Sheet, path: Path | None = None) -> Media:
        """Draw a sheet into a file."""
        path = path or self._path()
        await asyncio.to_thread(path.parent.mkdir, exist_ok=True, parents=True)
        payload = shown.payload(str(path.absolute()))
        drawn = cast("dict[str, int]", await self._context.workers.run(_CHILD, payload, timeout_s=_LONGEST_S))
        size_bytes = (await asyncio.to_thread(path.stat)).st_size
        return Media(
            path=path,
            kind=MediaKind.PHOTO,
            mime="image/png",
            size_bytes=size_bytes,
            width_px=drawn["width_px"],
            height_px=drawn["height_px"],
        )

    def _place(self, view: View, wanted: Place | None) -> Place:
        """Return whose days a view can have: another place's need hours, which are not kept for ever."""
        if wanted is None or view.chart in OF_THE_BOTS_DAYS or view.period.level is Level.MONTH:
            return self._home
        # The period before is looked at too, and its first day may take hours from the bot's day before.
        days = 2 * view.period.count if view.period.level is Level.DAY else 2
        return wanted if days < self._settings.keep_hours_days else self._home

    def _path(self) -> Path:
        return self._context.data_dir / "pictures" / f"{next(self._numbers)}.png"
