"""A broadcast before it goes out: its message, its buttons, its circle, the look at it, and the last question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from fetchgram.api import (
    Action,
    Ask,
    AskKind,
    Broadcast,
    BroadcastState,
    Button,
    Circle,
    FetchgramError,
    Interaction,
    Json,
    LinkButton,
    MessageRef,
    Post,
    Recipients,
    Role,
    Screen,
    Show,
    Text,
    text,
)
from fetchgram_admin.section import back

NAME = "broadcast"
_DAYS = (1, 7, 30, 90)
_IN_A_ROW = 3


def actions() -> Mapping[str, Action]:
    """Return what the buttons of a draft do."""
    handlers = {
        "new": _new,
        "composed": _composed,
        "more": _more,
        "draft": _draft,
        "buttons": _buttons,
        "typed": _typed,
        "no_buttons": _no_buttons,
        "whom": _whom,
        "languages": _languages,
        "platforms": _platforms,
        "circle": _circle,
        "preview": _preview,
        "ask_start": _ask_start,
        "discard": _discard,
    }
    return {name: Action(handler=handler, minimum_role=Role.ADMIN) for name, handler in handlers.items()}


async def shown(interaction: Interaction, broadcast: Broadcast, *, show: Show) -> Screen:
    """Show a draft."""
    forecast = await interaction.control.broadcasts.forecast(broadcast.id)
    lines = [
        text("admin-broadcast-to", to=circle(broadcast.recipients)),
        text("admin-broadcast-forecast", people=forecast.people, seconds=forecast.seconds),
        *_under(broadcast.post),
    ]
    rows = [
        (_button("preview", broadcast), _button("ask_start", broadcast)),
        (_button("whom", broadcast), *(() if broadcast.post.is_album else (_button("buttons", broadcast),))),
        (_button("discard", broadcast),),
    ]
    headline = text("admin-broadcast-draft", id=broadcast.id)
    may = interaction.role.includes(Role.ADMIN)
    return Screen(text=headline, lines=tuple(lines), rows=(*(rows if may else ()), back(NAME)), show=show)


def _under(post: Post) -> Iterator[Text]:
    """Say what is under the message."""
    if post.is_album:
        yield text("admin-broadcast-album", count=len(post.message_ids))
    for link in (button for row in post.buttons for button in row):
        yield text("admin-broadcast-link", label=link.label, url=link.url)


def circle(recipients: Recipients) -> Text:
    """Name a circle."""
    return text(f"admin-circle-{recipients.circle.value}", days=recipients.days, value=recipients.value)


async def _new(interaction: Interaction) -> Screen:
    del interaction
    ask = Ask(kind=AskKind.MESSAGE, action=f"{NAME}.composed")
    return Screen(text=text("admin-broadcast-compose"), rows=(back(NAME),), ask=ask)


async def _composed(interaction: Interaction) -> Screen:
    if interaction.message is None:
        return await _new(interaction)
    broadcast = await interaction.control.broadcasts.draft(interaction.message)
    return _awaiting(await shown(interaction, broadcast, show=Show.NEW), broadcast, interaction.message)


async def _more(interaction: Interaction) -> Screen:
    """Add what comes after the first message of an album."""
    if interaction.message is None:
        return await _draft(interaction)
    broadcast = await interaction.control.broadcasts.add(_id(interaction), interaction.message)
    return _awaiting(await shown(interaction, broadcast, show=Show.EDIT), broadcast, interaction.message)


def _awaiting(screen: Screen, broadcast: Broadcast, message: MessageRef) -> Screen:
    """Wait for the rest of an album, whose messages come one by one."""
    if not message.album:
        return screen
    ask = Ask(kind=AskKind.ALBUM, action=f"{NAME}.more", args={"id": broadcast.id}, of=message)
    return replace(screen, ask=ask)


async def _draft(interaction: Interaction) -> Screen:
    return await shown(interaction, await _mine(interaction), show=Show.EDIT)


async def _buttons(interaction: Interaction) -> Screen:
    broadcast = await _mine(interaction)
    rows = [back(f"{NAME}.draft", id=broadcast.id)]
    if broadcast.post.buttons:
        rows.insert(0, (_button("no_buttons", broadcast),))
    return Screen(text=text("admin-broadcast-ask-buttons"), rows=tuple(rows), ask=_ask_buttons(broadcast))


async def _typed(interaction: Interaction) -> Screen:
    broadcast = await _mine(interaction)
    try:
        rows = [_row(line) for line in (interaction.text or "").splitlines() if line.strip()]
        revised = await interaction.control.broadcasts.revise(broadcast.id, buttons=rows)
    except FetchgramError as error:
        told = text("admin-broadcast-buttons-again", error=error.text)
        to_draft = back(f"{NAME}.draft", id=broadcast.id)
        return Screen(text=told, rows=(to_draft,), show=Show.NEW, ask=_ask_buttons(broadcast))
    return await shown(interaction, revised, show=Show.NEW)


async def _no_buttons(interaction: Interaction) -> Screen:
    broadcast = await interaction.control.broadcasts.revise((await _mine(interaction)).id, buttons=())
    return await shown(interaction, broadcast, show=Show.EDIT)


async def _whom(interaction: Interaction) -> Screen:
    broadcast = await _mine(interaction)
    active = (_choice(broadcast, Recipients(circle=Circle.ACTIVE, days=days)) for days in _DAYS)
    rows = [
        (_choice(broadcast, Recipients(circle=Circle.ALL)),),
        *_rows(active, 2),
        (_button("languages", broadcast), _button("platforms", broadcast)),
        tuple(_choice(broadcast, Recipients(circle=each)) for each in (Circle.ADMINS, Circle.MYSELF)),
    ]
    return Screen(text=text("admin-broadcast-ask-whom"), rows=(*rows, back(f"{NAME}.draft", id=broadcast.id)))


async def _languages(interaction: Interaction) -> Screen:
    found = await interaction.control.broadcasts.languages()
    return await _groups(interaction, Circle.LANGUAGE, found)


async def _platforms(interaction: Interaction) -> Screen:
    found = await interaction.control.broadcasts.platforms()
    return await _groups(interaction, Circle.PLATFORM, found)


async def _groups(interaction: Interaction, kind: Circle, found: Sequence[tuple[str, int]]) -> Screen:
    broadcast = await _mine(interaction)
    choices = (_choice(broadcast, Recipients(circle=kind, value=name), count) for name, count in found)
    told = text(f"admin-broadcast-ask-{kind.value}" if found else "admin-broadcast-no-groups")
    return Screen(text=told, rows=(*_rows(choices, _IN_A_ROW), back(f"{NAME}.whom", id=broadcast.id)))


async def _circle(interaction: Interaction) -> Screen:
    args = interaction.args
    days = args.get("days")
    recipients = Recipients(
        circle=Circle(str(args.get("circle"))),
        days=days if isinstance(days, int) else 30,
        value=str(args.get("value") or ""),
    )
    broadcast = await interaction.control.broadcasts.revise((await _mine(interaction)).id, recipients=recipients)
    return await shown(interaction, broadcast, show=Show.EDIT)


async def _preview(interaction: Interaction) -> Screen:
    broadcast = await _mine(interaction)
    await interaction.control.broadcasts.preview(broadcast.id, interaction.locale)
    return await shown(interaction, broadcast, show=Show.NEW)


async def _ask_start(interaction: Interaction) -> Screen:
    broadcast = await _mine(interaction)
    forecast = await interaction.control.broadcasts.forecast(broadcast.id)
    to_draft = back(f"{NAME}.draft", id=broadcast.id)
    if broadcast.state is not BroadcastState.DRAFT or not forecast.people:
        return Screen(text=text("admin-broadcast-nobody"), rows=(to_draft,))
    told = text("admin-broadcast-ask-start", people=forecast.people, seconds=forecast.seconds)
    return Screen(text=told, rows=((_button("start", broadcast, people=forecast.people),), to_draft))


async def _discard(interaction: Interaction) -> Screen:
    await interaction.control.broadcasts.discard(_id(interaction))
    return Screen(text=text("admin-broadcast-discarded"), rows=(back(NAME),))


async def _mine(interaction: Interaction) -> Broadcast:
    return await interaction.control.broadcasts.get(_id(interaction))


def _id(interaction: Interaction) -> int:
    value = interaction.args.get("id")
    return value if isinstance(value, int) else 0


def _row(line: str) -> tuple[LinkButton, ...]:
    """Read `Label - https://… | Another - https://…`."""
    parts = [part.rpartition(" - ") for part in line.split(" | ")]
    return tuple(LinkButton(label=label.strip(), url=url.strip()) for label, _, url in parts)


def _ask_buttons(broadcast: Broadcast) -> Ask:
    return Ask(kind=AskKind.TEXT, action=f"{NAME}.typed", args={"id": broadcast.id})


def _choice(broadcast: Broadcast, recipients: Recipients, count: int | None = None) -> Button:
    args: dict[str, Json] = {"id": broadcast.id, "circle": recipients.circle.value}
    args |= {"days": recipients.days, "value": recipients.value}
    label = circle(recipients)
    if count is not None:
        label = text("admin-broadcast-group", name=recipients.value, count=count)
    return Button(label=label, action=f"{NAME}.circle", args=args)


def _button(name: str, broadcast: Broadcast, **params: int) -> Button:
    label = text(f"admin-broadcast-{name.replace('_', '-')}-button", **params)
    return Button(label=label, action=f"{NAME}.{name}", args={"id": broadcast.id})


def _rows(buttons: Iterator[Button], width: int) -> Iterator[tuple[Button, ...]]:
    row: list[Button] = []
    for button in buttons:
        row.append(button)
        if len(row) == width:
            yield tuple(row)
            row = []
    if row:
        yield tuple(row)
