"""What somebody asked to see, and what every chart needs to answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_skeleton

from fetchgram.api import Sentences, text
from fetchgram_analytics.dates import Level, Place, month_of
from fetchgram_analytics.periods import PERIODS, Period, Span, before, span_of
from fetchgram_analytics.pictures import Form, Panel, Series, Unit
from fetchgram_analytics.queries import Queries

_SKELETONS = {Level.HOUR: "HH", Level.DAY: "MMMd", Level.MONTH: "yMMM"}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is looked at.

    Args:
        chart: Its name; `dashboard` for six of them.
        period: How far back.
        plugin: Of this one only.
        compare: Whether with the period before.
        page: Of the list of charts below the dashboard.
    """

    chart: str = "dashboard"
    period: Period = PERIODS[2]
    plugin: str | None = None
    compare: bool = True
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A view at one moment, in one language.

    Args:
        queries: The sums.
        place: Whose days and hours.
        home: The bot's: of the sums of days and months, and of the days on which people were active.
        texts: Catalogues.
        locale: The language.
        view: What is looked at.
        at: When.
    """

    queries: Queries
    place: Place
    home: Place
    texts: Sentences
    locale: str
    view: View
    at: datetime

    @property
    def span(self) -> Span:
        """What is looked at."""
        return span_of(self.view.period, self.place, self.at, self.home)

    @property
    def span_before(self) -> Span:
        """As much right before."""
        return before(self.span, self.home)

    @property
    def days(self) -> tuple[int, ...]:
        """Return the day at the end of each part of the span, the bot's today for the one that is not over."""
        today = self.home.now(self.at).day
        return tuple(min(day, today) for day in self.span.days(self.place))

    @property
    def labels(self) -> tuple[str, ...]:
        """Name each part of the span."""
        return tuple(self._label(at) for at in self.span.slots)

    def say(self, key: str, **params: str | float) -> str:
        """Return a sentence of this plugin."""
        return self.texts.render(text(f"analytics-{key}", **params), self.locale)

    def panel(self, form: Form, unit: Unit, title: str, series: tuple[Series, ...], **more: object) -> Panel:
        """Return a panel over the span, unless other labels are given."""
        given = {"labels": self.labels, "empty": self.say("empty"), **more}
        return Panel(form=form, unit=unit, title=title, series=series, **given)  # type: ignore[arg-type]  # fields of Panel

    def behind(self, found: Mapping[int, float | None]) -> dict[str, object]:
        """Return what a panel takes to show the period before, nothing where there was none."""
        values = tuple(found.get(at) for at in self.span_before.slots)
        return {"before": values, "before_name": self.say("before")} if any(values) else {}

    def over_time(self, read: Callable[[int], float | None]) -> tuple[float | None, ...]:
        """Return a value for each part of the span."""
        return tuple(read(at) for at in self.span.slots)

    def _label(self, at: int) -> str:
        level = self.view.period.level
        if level is Level.HOUR:
            return self.place.local(at).strftime("%H:%M")
        shown = month_of(at) if level is Level.MONTH else date.fromordinal(at)
        return format_skeleton(_SKELETONS[level], shown, locale=self.locale.replace("-", "_"))


def change(now: float, then: float) -> int | None:
    """Return by how many per cent something grew; `None` where there was nothing."""
    return round((now - then) / then * 100) if then else None


def part(some: float, of: float) -> float:
    """Return the percentage, 0 of nothing."""
    return some / of * 100 if of else 0.0
