"""Health: every check with its light, what it found, and from where on it would be amber or red."""

from __future__ import annotations

from fetchgram.api import Action, Button, Checked, Context, Health, Interaction, Role, Screen, Text, text
from fetchgram_admin.section import Section, back

_LIGHTS = {Health.OK: "🟢", Health.WARNING: "🟡", Health.FAILING: "🔴"}
_LONGEST = 160
"""Of what one check says: all of them must fit into one message (4096 UTF-16 units)."""


def section(context: Context) -> Section:
    """Return the section."""
    del context
    return Section(
        name="health",
        label=text("admin-health"),
        handler=overview,
        actions={"afresh": Action(handler=_afresh, minimum_role=Role.VIEWER)},
    )


async def overview(interaction: Interaction) -> Screen:
    """Show what was found last."""
    return await _show(interaction, afresh=False)


async def _afresh(interaction: Interaction) -> Screen:
    """Look again, now."""
    return await _show(interaction, afresh=True)


async def _show(interaction: Interaction, *, afresh: bool) -> Screen:
    found = await interaction.control.health.look(afresh=afresh)
    counts = {light.value: sum(checked.report.health is light for checked in found) for light in Health}
    told = text("admin-health-title", **counts)
    again = Button(label=text("admin-health-again"), action="health.afresh")
    return Screen(text=told, lines=tuple(map(_line, found)), rows=((again,), back()))


def _line(checked: Checked) -> Text:
    detail = checked.report.detail
    short = detail if len(detail) <= _LONGEST else f"{detail[: _LONGEST - 1]}…"
    return text("admin-health-line", light=_LIGHTS[checked.report.health], name=checked.name, detail=short)
