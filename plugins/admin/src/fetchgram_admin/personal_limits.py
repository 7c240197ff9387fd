"""Limits of one person's own."""

from __future__ import annotations

from collections.abc import Mapping

from fetchgram.api import Action, Ask, AskKind, Button, Interaction, Json, PersonCard, Role, Screen, Show, text
from fetchgram_admin.card import CARD, Cards, person_in, shown
from fetchgram_admin.section import back
from fetchgram_admin.spans import amount_of

_BUDGETS = ("jobs", "bytes", "minutes")
"""How the names of limits begin that may be none at all."""


class PersonalLimits:
    """What the buttons of a person's limits do.

    Args:
        cards: For who is not known any more.
    """

    def __init__(self, cards: Cards) -> None:
        self._cards = cards

    @property
    def actions(self) -> Mapping[str, Action]:
        """Return them by name."""
        handlers = {"limits": self._list, "limit": self._ask, "limited": self._set}
        return {name: Action(handler=handler, minimum_role=Role.ADMIN) for name, handler in handlers.items()}

    async def _list(self, interaction: Interaction) -> Screen:
        return await self._shown(interaction, person_in(interaction))

    async def _ask(self, interaction: Interaction) -> Screen:
        person, name = person_in(interaction), str(interaction.args["name"])
        args: dict[str, Json] = {"person": person, "name": name}
        ask = Ask(kind=AskKind.TEXT, action="people.limited", args=args)
        general = Button(label=text("admin-limit-general"), action="people.limited", args={**args, "general": True})
        asked = "admin-limit-ask" if name.startswith(_BUDGETS) else "admin-limit-ask-some"
        told = text(asked, name=text(f"admin-limit-{name.replace('_', '-')}"))
        return Screen(text=told, rows=((general,), back("people.limits", person=person)), ask=ask)

    async def _set(self, interaction: Interaction) -> Screen:
        person, name = person_in(interaction), str(interaction.args["name"])
        general = bool(interaction.args.get("general"))
        value = None if general else amount_of(interaction.text or "")
        if value is None and not general:
            ask = Ask(kind=AskKind.TEXT, action="people.limited", args={"person": person, "name": name})
            rows = (back("people.limits", person=person),)
            return Screen(text=text("admin-limit-misunderstood"), rows=rows, ask=ask, show=Show.NEW)
        await interaction.control.people.set_limit(person, name, value)
        return await self._shown(interaction, person)

    async def _shown(self, interaction: Interaction, person: int) -> Screen:
        card = await interaction.control.people.card(person)
        if card is None:
            return await self._cards.of(interaction, person)
        rows = tuple((_limit(card, name, value),) for name, value in card.limits.items())
        show = Show.EDIT if interaction.message is None else Show.NEW
        told = text("admin-limits-title", name=card.row.person.name)
        return Screen(text=told, rows=(*rows, back(CARD, person=person)), show=show)


def _limit(card: PersonCard, name: str, value: int) -> Button:
    own = "admin-limit-own" if name in card.row.limits else "admin-limit-of-all"
    label = text(own, name=text(f"admin-limit-{name.replace('_', '-')}"), value=shown(name, value))
    return Button(label=label, action="people.limit", args={"person": card.row.person.id, "name": name})
