"""What a section of the panel is: a button on the home screen, and what the buttons behind it do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fetchgram.api import Action, Button, Handler, Json, Role, Text, text

HOME = "home"
"""The action of the home screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the panel.

    Args:
        name: The action that opens it; those of its other buttons begin with it and a dot (`people.card`).
        label: On the home screen: an emoji and one word.
        handler: Opens it.
        minimum_role: Who sees it.
        actions: What its other buttons and typed answers do; each has a minimum role of its own.
    """

    name: str
    label: Text
    handler: Handler
    minimum_role: Role = Role.VIEWER
    actions: Mapping[str, Action] = field(default_factory=dict)

    @property
    def all_actions(self) -> Mapping[str, Action]:
        """Return everything that can be pressed, by its full name."""
        opening = Action(handler=self.handler, minimum_role=self.minimum_role)
        return {self.name: opening, **{f"{self.name}.{name}": action for name, action in self.actions.items()}}


def back(to: str = HOME, **args: Json) -> tuple[Button, ...]:
    """Return the row that leads back to another screen."""
    return (Button(label=text("admin-back"), action=to, args=args),)


def grid(buttons: Sequence[Button], in_a_row: int = 2) -> tuple[tuple[Button, ...], ...]:
    """Put buttons into rows."""
    return tuple(tuple(buttons[begin : begin + in_a_row]) for begin in range(0, len(buttons), in_a_row))
