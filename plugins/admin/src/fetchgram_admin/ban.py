"""Bans: how long, why, and back again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from fetchgram.api import Action, Ask, AskKind, Button, Clock, Interaction, Role, Screen, Show, text
from fetchgram_admin.card import CARD, Cards, person_in
from fetchgram_admin.section import back
from fetchgram_admin.spans import span_of

_SPANS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30))
_LONGEST_REASON = 300


class Bans:
    """What the buttons of a ban do.

    Args:
        clock: A ban ends so long from now.
        cards: Shown at the end.
    """

    def __init__(self, clock: Clock, cards: Cards) -> None:
        self._clock = clock
        self._cards = cards

    @property
    def actions(self) -> Mapping[str, Action]:
        """Return them by name."""
        handlers = {
            "ban": self._how_long,
            "ban-other": self._ask_how_long,
            "ban-typed": self._typed,
            "ban-why": self._why,
            "banned": self._banned,
            "unban": self._unban,
        }
        return {name: Action(handler=handler, minimum_role=Role.MODERATOR) for name, handler in handlers.items()}

    async def _how_long(self, interaction: Interaction) -> Screen:
        person = person_in(interaction)
        spans = tuple(
            Button(
                label=text("admin-ban-for", time=span.total_seconds()),
                action="people.ban-why",
                args=_args(person, span),
            )
            for span in _SPANS
        )
        ever = Button(label=text("admin-ban-for-ever"), action="people.ban-why", args=_args(person, None))
        other = Button(label=text("admin-ban-other"), action="people.ban-other", args={"person": person})
        return Screen(
            text=text("admin-ban-how-long"), rows=(spans[:2], spans[2:], (ever, other), back(CARD, person=person))
        )

    async def _ask_how_long(self, interaction: Interaction) -> Screen:
        return _ask_span(person_in(interaction), misunderstood=False)

    async def _typed(self, interaction: Interaction) -> Screen:
        person, span = person_in(interaction), span_of(interaction.text or "")
        return _ask_span(person, misunderstood=True) if span is None else _ask_why(person, span, show=Show.NEW)

    async def _why(self, interaction: Interaction) -> Screen:
        return _ask_why(person_in(interaction), _span(interaction), show=Show.EDIT)

    async def _banned(self, interaction: Interaction) -> Screen:
        person, span = person_in(interaction), _span(interaction)
        until = None if span is None else self._clock.now() + span
        reason = (interaction.text or "").strip()[:_LONGEST_REASON] or None
        await interaction.control.people.ban(person, until=until, reason=reason)
        return await self._cards.of(interaction, person)

    async def _unban(self, interaction: Interaction) -> Screen:
        person = person_in(interaction)
        await interaction.control.people.unban(person)
        return await self._cards.of(interaction, person)


def _ask_span(person: int, *, misunderstood: bool) -> Screen:
    told = text("admin-span-misunderstood") if misunderstood else text("admin-span-ask")
    ask = Ask(kind=AskKind.TEXT, action="people.ban-typed", args={"person": person})
    show = Show.NEW if misunderstood else Show.EDIT
    return Screen(text=told, rows=(back(CARD, person=person),), ask=ask, show=show)


def _ask_why(person: int, span: timedelta | None, *, show: Show) -> Screen:
    args = _args(person, span)
    without = Button(label=text("admin-ban-without"), action="people.banned", args=args)
    ask = Ask(kind=AskKind.TEXT, action="people.banned", args=args)
    return Screen(text=text("admin-ban-why"), rows=((without,), back(CARD, person=person)), ask=ask, show=show)


def _args(person: int, span: timedelta | None) -> dict[str, int | None]:
    return {"person": person, "span": None if span is None else int(span.total_seconds())}


def _span(interaction: Interaction) -> timedelta | None:
    seconds = interaction.args.get("span")
    return None if seconds is None else timedelta(seconds=int(str(seconds)))
