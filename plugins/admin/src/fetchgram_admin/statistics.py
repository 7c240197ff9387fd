"""How much the bot is used, at a glance."""

from __future__ import annotations

from collections.abc import Iterator

from fetchgram.api import Button, Context, Figures, Interaction, Screen, Text, text
from fetchgram_admin.section import Section, back


def section(_context: Context) -> Section:
    """Return the section."""
    return Section(name="statistics", label=text("admin-statistics"), handler=_figures)


async def _figures(interaction: Interaction) -> Screen:
    """Count afresh."""
    found = await interaction.control.statistics.figures()
    again = (Button(label=text("admin-refresh"), action="statistics"),)
    return Screen(text=text("admin-statistics-title"), lines=tuple(_lines(found)), rows=(again, back()))


def _lines(found: Figures) -> Iterator[Text]:
    yield text("admin-statistics-people", total=found.people, today=found.today, week=found.week, month=found.month)
    ended = found.done + found.failed
    yield text("admin-statistics-files", done=found.done, failed=found.failed, cancelled=found.cancelled)
    if ended:
        yield text("admin-statistics-success", part=100 * found.done / ended)
    yield text("admin-statistics-open", count=found.under_way)
