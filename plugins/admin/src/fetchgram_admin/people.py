"""People: the list, the search, and the way to each one's card."""

from __future__ import annotations

from collections.abc import Iterator

from fetchgram.api import (
    Action,
    Ask,
    AskKind,
    Button,
    Clock,
    Context,
    Interaction,
    PeopleOf,
    PeoplePage,
    PersonRow,
    Role,
    Screen,
    Show,
    Text,
    text,
)
from fetchgram_admin.ban import Bans
from fetchgram_admin.card import CARD, Cards
from fetchgram_admin.personal_limits import PersonalLimits
from fetchgram_admin.section import Section, back
from fetchgram_admin.staff import Staff

_ON_A_PAGE = 8


def section(context: Context) -> Section:
    """Return the section."""
    people, cards = _People(context.clock), Cards(context.clock)
    look = Role.VIEWER
    return Section(
        name="people",
        label=text("admin-people"),
        handler=people.newest,
        actions={
            "page": Action(handler=people.page, minimum_role=look),
            "search": Action(handler=people.search, minimum_role=look),
            "found": Action(handler=people.found, minimum_role=look),
            "card": Action(handler=cards.show, minimum_role=look),
            "invite": Action(handler=cards.invite, minimum_role=Role.MODERATOR),
            "write": Action(handler=cards.write, minimum_role=Role.MODERATOR),
            "written": Action(handler=cards.written, minimum_role=Role.MODERATOR),
            **Bans(context.clock, cards).actions,
            **PersonalLimits(cards).actions,
            **Staff(cards).actions,
        },
    )


class _People:
    """The list and the search.

    Args:
        clock: Says how long ago somebody was here.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def newest(self, interaction: Interaction) -> Screen:
        """Show who was here last."""
        return self._list(await interaction.control.people.page(limit=_ON_A_PAGE), PeopleOf.ALL, interaction.role)

    async def page(self, interaction: Interaction) -> Screen:
        """Show another page, or other people."""
        args = interaction.args
        of = PeopleOf(str(args["of"]))
        older, newer = args.get("older"), args.get("newer")
        found = await interaction.control.people.page(
            of,
            older=None if older is None else str(older),
            newer=None if newer is None else str(newer),
            limit=_ON_A_PAGE,
        )
        return self._list(found, of, interaction.role)

    async def search(self, interaction: Interaction) -> Screen:
        """Ask for a name."""
        del interaction
        ask = Ask(kind=AskKind.MESSAGE, action="people.found")
        return Screen(text=text("admin-people-search-ask"), rows=(back("people"),), ask=ask)

    async def found(self, interaction: Interaction) -> Screen:
        """Show whom a name, a number or a message that was passed on leads to."""
        words = str(interaction.about.id) if interaction.about is not None else (interaction.text or "")
        found = await interaction.control.people.find(words, limit=_ON_A_PAGE)
        rows = tuple((self._button(row),) for row in found)
        told = text("admin-people-found", words=words) if found else text("admin-people-nobody", words=words)
        again = (Button(label=text("admin-people-search"), action="people.search"),)
        return Screen(text=told, rows=(*rows, again, back("people")), show=Show.NEW)

    def _list(self, page: PeoplePage, of: PeopleOf, role: Role) -> Screen:
        rows: list[tuple[Button, ...]] = [(self._button(row),) for row in page.people]
        if turning := tuple(_turning(page, of)):
            rows.append(turning)
        rows.append(tuple(_filters(of)))
        if of is PeopleOf.STAFF and role is Role.OWNER:
            rows.append((Button(label=text("admin-staff-appoint"), action="people.appoint"),))
        rows.append((Button(label=text("admin-people-search"), action="people.search"),))
        told = text("admin-people-title", of=text(f"admin-people-{of.value}"), total=page.total)
        return Screen(text=told, rows=(*rows, back()))

    def _button(self, row: PersonRow) -> Button:
        ago_s = (self._clock.now() - row.last_seen).total_seconds()
        mark = "🚫" if row.is_banned(self._clock.now()) else "💤" if row.blocked else "👤"
        return Button(label=_label(row, mark, ago_s), action=CARD, args={"person": row.person.id})


def _label(row: PersonRow, mark: str, ago_s: float) -> Text:
    username = f"@{row.person.username}" if row.person.username else ""
    return text("admin-people-entry", mark=mark, name=row.person.name, username=username, ago=ago_s)


def _turning(page: PeoplePage, of: PeopleOf) -> Iterator[Button]:
    if page.newer is not None:
        yield Button(label=text("admin-newer"), action="people.page", args={"of": of, "newer": page.newer})
    if page.older is not None:
        yield Button(label=text("admin-older"), action="people.page", args={"of": of, "older": page.older})


def _filters(of: PeopleOf) -> Iterator[Button]:
    for other in PeopleOf:
        if other is not of:
            yield Button(label=text(f"admin-people-{other.value}"), action="people.page", args={"of": other})
