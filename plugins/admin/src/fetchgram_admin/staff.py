"""Roles: who is appointed, by number or by a message of theirs, never by a name."""

from __future__ import annotations

from collections.abc import Mapping

from fetchgram.api import Action, Ask, AskKind, Button, Interaction, Role, Screen, Show, text
from fetchgram_admin.card import CARD, Cards, person_in
from fetchgram_admin.section import back

_ROLES = (Role.ADMIN, Role.MODERATOR, Role.VIEWER, Role.USER)


class Staff:
    """What the buttons of roles do; owners only.

    Args:
        cards: Shown at the end.
    """

    def __init__(self, cards: Cards) -> None:
        self._cards = cards

    @property
    def actions(self) -> Mapping[str, Action]:
        """Return them by name."""
        handlers = {
            "appoint": self._ask_whom,
            "appointed": self._whom,
            "role": self._which,
            "role-set": self._set,
        }
        return {name: Action(handler=handler, minimum_role=Role.OWNER) for name, handler in handlers.items()}

    async def _ask_whom(self, interaction: Interaction) -> Screen:
        del interaction
        ask = Ask(kind=AskKind.MESSAGE, action="people.appointed")
        return Screen(text=text("admin-appoint-ask"), rows=(back("people"),), ask=ask)

    async def _whom(self, interaction: Interaction) -> Screen:
        typed = (interaction.text or "").strip()
        person = interaction.about.id if interaction.about is not None else int(typed) if _is_id(typed) else None
        if person is None:
            ask = Ask(kind=AskKind.MESSAGE, action="people.appointed")
            return Screen(text=text("admin-appoint-no-number"), rows=(back("people"),), ask=ask, show=Show.NEW)
        return await self._choice(interaction, person, show=Show.NEW)

    async def _which(self, interaction: Interaction) -> Screen:
        return await self._choice(interaction, person_in(interaction), show=Show.EDIT)

    async def _choice(self, interaction: Interaction, person: int, *, show: Show) -> Screen:
        card = await interaction.control.people.card(person)
        now = card.role if card else Role.USER
        rows = tuple(
            (
                Button(
                    label=text(f"admin-role-choose-{role.value}"),
                    action="people.role-set",
                    args={"person": person, "role": role},
                ),
            )
            for role in _ROLES
            if role is not now
        )
        name = card.row.person.name if card else str(person)
        told = text("admin-role-which", name=name, id=person, role=text(f"admin-role-name-{now.value}"))
        return Screen(text=told, rows=(*rows, back(CARD, person=person)), show=show)

    async def _set(self, interaction: Interaction) -> Screen:
        person = person_in(interaction)
        await interaction.control.people.set_role(person, Role(str(interaction.args["role"])))
        return await self._cards.of(interaction, person)


def _is_id(typed: str) -> bool:
    """Whether it can be a person's number: core.telegram.org/bots/api#user: at most 52 significant bits."""
    return typed.isdecimal() and 0 < int(typed) < 2**52
