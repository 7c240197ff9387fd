"""Who is let in: private mode, invitations, and the channel that one must be in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from fetchgram.api import (
    Action,
    Ask,
    AskKind,
    Button,
    Context,
    Door,
    FetchgramError,
    Handler,
    Interaction,
    Invite,
    Role,
    Screen,
    Show,
    Text,
    text,
)
from fetchgram_admin.section import Section, back

_OFFERS = ((1, timedelta(days=7)), (10, timedelta(days=7)), (100, timedelta(days=30)))
"""People and time of the invitations that take one tap."""


def section(context: Context) -> Section:
    """Return the section."""
    del context
    handlers: dict[str, tuple[Handler, Role]] = {
        "private": (_private, Role.ADMIN),
        "channel": (_ask_channel, Role.ADMIN),
        "channel-set": (_set_channel, Role.ADMIN),
        "channel-off": (_no_channel, Role.ADMIN),
        "invites": (_invites, Role.MODERATOR),
        "invite": (_invite, Role.MODERATOR),
        "revoke": (_revoke, Role.MODERATOR),
    }
    actions = {name: Action(handler=handler, minimum_role=role) for name, (handler, role) in handlers.items()}
    return Section(name="access", label=text("admin-access"), handler=_door, actions=actions)


async def _door(interaction: Interaction) -> Screen:
    return _shown(await interaction.control.access.door(), interaction)


async def _private(interaction: Interaction) -> Screen:
    await interaction.control.access.set_private(private=bool(interaction.args["private"]))
    return await _door(interaction)


async def _ask_channel(interaction: Interaction) -> Screen:
    del interaction
    ask = Ask(kind=AskKind.TEXT, action="access.channel-set")
    return Screen(text=text("admin-access-channel-ask"), rows=(back("access"),), ask=ask)


async def _set_channel(interaction: Interaction) -> Screen:
    try:
        await interaction.control.access.set_channel((interaction.text or "").strip())
    except FetchgramError as error:
        ask = Ask(kind=AskKind.TEXT, action="access.channel-set")
        return Screen(text=error.text, rows=(back("access"),), ask=ask, show=Show.NEW)
    return await _door(interaction)


async def _no_channel(interaction: Interaction) -> Screen:
    await interaction.control.access.set_channel(None)
    return await _door(interaction)


async def _invites(interaction: Interaction) -> Screen:
    return _list(await interaction.control.access.invites())


async def _invite(interaction: Interaction) -> Screen:
    people, lasts = _OFFERS[int(str(interaction.args["offer"]))]
    made = await interaction.control.access.invite(people=people, lasts=lasts)
    return _list(await interaction.control.access.invites(), made)


async def _revoke(interaction: Interaction) -> Screen:
    await interaction.control.access.revoke(str(interaction.args["code"]))
    return _list(await interaction.control.access.invites())


def _shown(door: Door, interaction: Interaction) -> Screen:
    told = text("admin-access-private" if door.private else "admin-access-open")
    lines = (text("admin-access-channel-is", channel=door.channel_name),) if door.channel else ()
    rows = tuple(_door_rows(door, interaction.role))
    show = Show.EDIT if interaction.message is None else Show.NEW
    return Screen(text=told, lines=lines, rows=(*rows, back()), show=show)


def _door_rows(door: Door, role: Role) -> Iterator[tuple[Button, ...]]:
    if role.includes(Role.ADMIN):
        label = "admin-access-open-up" if door.private else "admin-access-close"
        yield (Button(label=text(label), action="access.private", args={"private": not door.private}),)
        channel = "admin-access-channel-off" if door.channel else "admin-access-channel"
        yield (Button(label=text(channel), action="access.channel-off" if door.channel else "access.channel"),)
    if role.includes(Role.MODERATOR):
        yield (Button(label=text("admin-access-invites"), action="access.invites"),)


def _list(invites: Sequence[Invite], made: Invite | None = None) -> Screen:
    lines: list[Text] = []
    if made is not None:
        lines.append(text("admin-invite-made", link=made.link))
    lines += [
        text("admin-invite-line", code=invite.code[:4], left=invite.left, until=invite.until.timestamp())
        for invite in invites
    ]
    offers = tuple(
        Button(
            label=text("admin-invite-offer", people=people, time=lasts.total_seconds()),
            action="access.invite",
            args={"offer": number},
        )
        for number, (people, lasts) in enumerate(_OFFERS)
    )
    gone = tuple(
        (
            Button(
                label=text("admin-invite-revoke", code=invite.code[:4]),
                action="access.revoke",
                args={"code": invite.code},
            ),
        )
        for invite in invites
    )
    told = text("admin-invites-title") if invites else text("admin-invites-none")
    return Screen(text=told, lines=tuple(lines), rows=(*((offer,) for offer in offers), *gone, back("access")))
