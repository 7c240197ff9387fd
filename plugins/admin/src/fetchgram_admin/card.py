"""A person's card: what is known, what they got, and what can be done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fetchgram.api import (
    Ask,
    AskKind,
    Button,
    Clock,
    FetchgramError,
    Interaction,
    PersonCard,
    Role,
    Screen,
    Show,
    Text,
    text,
)
from fetchgram_admin.section import back

_SIZES = frozenset({"bytes_per_hour", "bytes_per_day", "file_max"})

CARD = "people.card"
"""The action that shows a card; its buttons carry `person`."""


def person_in(interaction: Interaction) -> int:
    """Return whom a button of a card is about."""
    return int(str(interaction.args["person"]))


class Cards:
    """Shows cards, and does what takes one step.

    Args:
        clock: Says whether a ban still holds.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def show(self, interaction: Interaction) -> Screen:
        """Show the card that a button leads to."""
        return await self.of(interaction, person_in(interaction))

    async def of(self, interaction: Interaction, person: int, *, notice: Text | None = None) -> Screen:
        """Show a card, with a word about what was just done."""
        card = await interaction.control.people.card(person)
        show = Show.EDIT if interaction.message is None else Show.NEW
        if card is None:
            return Screen(text=text("admin-card-unknown", id=person), rows=(back("people"),), show=show)
        lines = (*self._facts(card), *((notice,) if notice is not None else ()))
        told = text("admin-card-title", name=card.row.person.name, role=text(f"admin-role-name-{card.role.value}"))
        return Screen(text=told, lines=lines, rows=(*self._rows(card, interaction.role), back("people")), show=show)

    async def invite(self, interaction: Interaction) -> Screen:
        """Let a person use the bot while it is private, or no longer."""
        person, invited = person_in(interaction), bool(interaction.args.get("invited"))
        await interaction.control.people.invite(person, invited=invited)
        return await self.of(interaction, person)

    async def write(self, interaction: Interaction) -> Screen:
        """Ask for the message."""
        person = person_in(interaction)
        ask = Ask(kind=AskKind.TEXT, action="people.written", args={"person": person})
        return Screen(text=text("admin-write-ask"), rows=(back(CARD, person=person),), ask=ask)

    async def written(self, interaction: Interaction) -> Screen:
        """Send the message."""
        person = person_in(interaction)
        try:
            await interaction.control.people.write_to(person, interaction.text or "")
        except FetchgramError as error:
            return await self.of(interaction, person, notice=text("admin-write-failed", error=error.text))
        return await self.of(interaction, person, notice=text("admin-write-done"))

    def _facts(self, card: PersonCard) -> Iterator[Text]:
        row, now = card.row, self._clock.now()
        username = f"@{row.person.username}" if row.person.username else ""
        yield text("admin-card-id", id=row.person.id, username=username, language=row.person.locale)
        yield text("admin-card-seen", first=row.first_seen.timestamp(), last=row.last_seen.timestamp())
        usage = card.usage
        yield text("admin-card-usage", days=card.kept_days, downloads=usage.downloads, size=usage.size_bytes)
        yield text("admin-card-more", failures=usage.failures, waiting=usage.waiting)
        if row.is_banned(now):
            until = row.banned_until.timestamp() if row.banned_until else 0
            yield text("admin-card-banned", until=until, reason=row.ban_reason or "")
        if row.blocked:
            yield text("admin-card-blocked")
        if row.invited:
            yield text("admin-card-invited")
        for name, value in row.limits.items():
            yield text("admin-card-limit", name=text(f"admin-limit-{name.replace('_', '-')}"), value=shown(name, value))

    def _rows(self, card: PersonCard, role: Role) -> Iterator[tuple[Button, ...]]:
        if not role.includes(Role.MODERATOR):
            yield (_history(card),)
            return
        if role is not card.role and role.includes(card.role):
            yield tuple(self._changes(card, role))
        yield (_button("admin-write", "people.write", card), _invitation(card))
        if role is Role.OWNER and card.role is not Role.OWNER:
            yield (_button("admin-staff-role", "people.role", card), _history(card))
        else:
            yield (_history(card),)

    def _changes(self, card: PersonCard, role: Role) -> Iterator[Button]:
        banned = card.row.is_banned(self._clock.now())
        yield _button("admin-unban" if banned else "admin-ban", "people.unban" if banned else "people.ban", card)
        if role.includes(Role.ADMIN):
            yield _button("admin-limits", "people.limits", card)


def shown(name: str, value: int) -> Text:
    """Say a limit as people do."""
    if not value:
        return text("admin-limit-none")
    return text("admin-limit-bytes" if name in _SIZES else "admin-limit-count", value=value)


def moment(at: datetime | None) -> float:
    """Return an instant as the catalogues take it; 0 for none."""
    return 0 if at is None else at.timestamp()


def _button(label: str, action: str, card: PersonCard) -> Button:
    return Button(label=text(label), action=action, args={"person": card.row.person.id})


def _invitation(card: PersonCard) -> Button:
    label, args = ("admin-uninvite", False) if card.row.invited else ("admin-invite", True)
    return Button(label=text(label), action="people.invite", args={"person": card.row.person.id, "invited": args})


def _history(card: PersonCard) -> Button:
    target = f"person:{card.row.person.id}"
    return Button(label=text("admin-card-history"), action="audit.page", args={"target": target})
