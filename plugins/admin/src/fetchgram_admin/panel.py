"""The home screen, and the list of sections that it leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fetchgram.api import Action, Button, Context, Interaction, Role, Screen, text
from fetchgram_admin import (
    access,
    audit,
    broadcast,
    configuration,
    failures,
    health,
    jobs,
    maintenance,
    people,
    plugins,
    statistics,
)
from fetchgram_admin.section import HOME, Section, grid

SECTIONS: tuple[Callable[[Context], Section], ...] = (
    # Each module brings its own, in the order of the buttons.
    health.section,
    statistics.section,
    people.section,
    jobs.section,
    failures.section,
    access.section,
    broadcast.section,
    plugins.section,
    configuration.section,
    maintenance.section,
    audit.section,
)


class Panel:
    """The home screen.

    Args:
        sections: What it leads to, in the order of the buttons.
    """

    def __init__(self, sections: Sequence[Section]) -> None:
        self._sections = tuple(sections)

    @property
    def actions(self) -> Mapping[str, Action]:
        """Return what every button of the panel does."""
        found = {HOME: Action(handler=self.home, minimum_role=Role.VIEWER)}
        for section in self._sections:
            found |= section.all_actions
        return found

    async def home(self, interaction: Interaction) -> Screen:
        """Show the sections that the person may open."""
        buttons = [
            Button(label=section.label, action=section.name)
            for section in self._sections
            if interaction.role.includes(section.minimum_role)
        ]
        told = text("admin-home", role=text(f"admin-role-{interaction.role.value}"))
        return Screen(text=told, rows=grid(buttons))
