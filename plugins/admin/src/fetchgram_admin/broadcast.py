"""Broadcasts: the list of them, one on its way, its report, and taking it back."""

from __future__ import annotations

from collections.abc import Iterator

from fetchgram.api import (
    Action,
    Broadcast,
    BroadcastState,
    Button,
    Context,
    Forecast,
    Interaction,
    Live,
    Role,
    Screen,
    Show,
    Text,
    text,
)
from fetchgram_admin import draft
from fetchgram_admin.section import Section, back

NAME = "broadcast"
_ON_A_PAGE = 6
_DELETABLE_S = 48 * 3600
"""core.telegram.org/bots/api#deletemessage."""
_BAR = 12
_STATES = {
    BroadcastState.DRAFT: "✏️",
    BroadcastState.RUNNING: "📣",
    BroadcastState.PAUSED: "⏸",
    BroadcastState.STOPPED: "⏹",
    BroadcastState.DONE: "✅",
}


def section(context: Context) -> Section:
    """Return the section."""
    screens = Broadcasts(context)
    steps = {"pause": screens.pause, "resume": screens.resume, "stop": screens.stop, "start": screens.start}
    asked = {"ask_stop": screens.ask_stop, "ask_withdraw": screens.ask_withdraw, "withdraw": screens.withdraw}
    looks = {"page": screens.page, "show": screens.show}
    return Section(
        name=NAME,
        label=text("admin-broadcast"),
        handler=screens.page,
        actions={
            **{name: Action(handler=handler, minimum_role=Role.VIEWER) for name, handler in looks.items()},
            **{name: Action(handler=handler, minimum_role=Role.ADMIN) for name, handler in (steps | asked).items()},
            **draft.actions(),
        },
    )


class Broadcasts:
    """The screens of broadcasts that were begun.

    Args:
        context: Tells the time.
    """

    def __init__(self, context: Context) -> None:
        self._clock = context.clock

    async def page(self, interaction: Interaction) -> Screen:
        """List broadcasts, the newest first."""
        skip = _number(interaction, "skip")
        found = await interaction.control.broadcasts.page(skip=skip, limit=_ON_A_PAGE + 1)
        rows: list[tuple[Button, ...]] = [(_listed(each),) for each in found[:_ON_A_PAGE]]
        if interaction.role.includes(Role.ADMIN):
            rows.insert(0, (Button(label=text("admin-broadcast-new"), action=f"{NAME}.new"),))
        if pages := tuple(_pages(skip, more=len(found) > _ON_A_PAGE)):
            rows.append(pages)
        told = text("admin-broadcast-title" if found else "admin-broadcast-none")
        return Screen(text=told, rows=(*rows, back()))

    async def show(self, interaction: Interaction) -> Screen:
        """Show one: its draft, its progress or its report."""
        return await self._shown(interaction, await interaction.control.broadcasts.get(_number(interaction, "id")))

    async def start(self, interaction: Interaction) -> Screen:
        """Let it go out."""
        return await self._shown(interaction, await interaction.control.broadcasts.start(_number(interaction, "id")))

    async def pause(self, interaction: Interaction) -> Screen:
        """Let nothing more begin."""
        return await self._shown(interaction, await interaction.control.broadcasts.pause(_number(interaction, "id")))

    async def resume(self, interaction: Interaction) -> Screen:
        """Go on where it was paused."""
        return await self._shown(interaction, await interaction.control.broadcasts.resume(_number(interaction, "id")))

    async def stop(self, interaction: Interaction) -> Screen:
        """End it before everybody had their turn."""
        return await self._shown(interaction, await interaction.control.broadcasts.stop(_number(interaction, "id")))

    async def withdraw(self, interaction: Interaction) -> Screen:
        """Delete it for everyone again."""
        broadcasts = interaction.control.broadcasts
        return await self._shown(interaction, await broadcasts.withdraw(_number(interaction, "id")))

    async def ask_stop(self, interaction: Interaction) -> Screen:
        """Make sure that it is meant."""
        broadcast = await interaction.control.broadcasts.get(_number(interaction, "id"))
        told = text("admin-broadcast-ask-stop", left=broadcast.left)
        return Screen(text=told, rows=(_sure("stop", "admin-broadcast-stop", broadcast), _to(broadcast)))

    async def ask_withdraw(self, interaction: Interaction) -> Screen:
        """Make sure that it is meant."""
        broadcast = await interaction.control.broadcasts.get(_number(interaction, "id"))
        told = text("admin-broadcast-ask-withdraw", people=broadcast.tally.delivered)
        return Screen(text=told, rows=(_sure("withdraw", "admin-broadcast-withdraw", broadcast), _to(broadcast)))

    async def _shown(self, interaction: Interaction, broadcast: Broadcast) -> Screen:
        if broadcast.state is BroadcastState.DRAFT:
            return await draft.shown(interaction, broadcast, show=Show.EDIT)
        forecast = await interaction.control.broadcasts.forecast(broadcast.id)
        rows = self._steps(broadcast) if interaction.role.includes(Role.ADMIN) else ()
        is_live = broadcast.state is BroadcastState.RUNNING or broadcast.is_withdrawing
        return Screen(
            text=_headline(broadcast),
            lines=tuple(_report(broadcast, forecast)),
            rows=(*rows, back(NAME)),
            live=Live(action=f"{NAME}.show", args={"id": broadcast.id}) if is_live else None,
        )

    def _steps(self, broadcast: Broadcast) -> tuple[tuple[Button, ...], ...]:
        match broadcast.state:
            case BroadcastState.RUNNING:
                return ((_step("pause", broadcast), _step("ask_stop", broadcast)),)
            case BroadcastState.PAUSED:
                return ((_step("resume", broadcast), _step("ask_stop", broadcast)),)
            case _:
                return ((_step("ask_withdraw", broadcast),),) if self._can_withdraw(broadcast) else ()

    def _can_withdraw(self, broadcast: Broadcast) -> bool:
        if broadcast.is_withdrawn or not broadcast.tally.delivered or broadcast.ended_at is None:
            return False
        return (self._clock.now() - broadcast.ended_at).total_seconds() < _DELETABLE_S


def _headline(broadcast: Broadcast) -> Text:
    state = text(f"admin-broadcast-state-{broadcast.state.value}")
    return text("admin-broadcast-headline", id=broadcast.id, state=state)


def _report(broadcast: Broadcast, forecast: Forecast) -> Iterator[Text]:
    tally = broadcast.tally
    yield text("admin-broadcast-to", to=draft.circle(broadcast.recipients))
    share = tally.handled / broadcast.total if broadcast.total else 1.0
    yield text("admin-broadcast-bar", bar=_bar(share), done=tally.handled, total=broadcast.total)
    counts = {"delivered": tally.delivered, "blocked": tally.blocked, "gone": tally.gone, "failed": tally.failed}
    yield text("admin-broadcast-counts", **counts, uncertain=tally.uncertain)
    if broadcast.state is BroadcastState.RUNNING:
        yield text("admin-broadcast-left", seconds=forecast.seconds)
    if broadcast.state.ended and broadcast.left:
        yield text("admin-broadcast-not-reached", left=broadcast.left)
    if broadcast.reason is not None:
        yield text("admin-broadcast-reason", reason=broadcast.reason)
    if broadcast.is_withdrawn:
        deleted = {"deleted": tally.deleted, "kept": tally.kept, "total": tally.delivered}
        deleted |= {"uncertain": tally.uncertain}
        yield text("admin-broadcast-deleting" if broadcast.is_withdrawing else "admin-broadcast-deleted", **deleted)


def _bar(share: float) -> str:
    full = min(_BAR, int(share * _BAR))
    return "▓" * full + "░" * (_BAR - full)


def _listed(broadcast: Broadcast) -> Button:
    at = (broadcast.started_at or broadcast.created_at).timestamp()
    key = "admin-broadcast-listed-draft" if broadcast.state is BroadcastState.DRAFT else "admin-broadcast-listed"
    counts = {"done": broadcast.tally.delivered, "total": broadcast.total}
    label = text(key, mark=_STATES[broadcast.state], id=broadcast.id, at=at, **counts)
    return Button(label=label, action=f"{NAME}.show", args={"id": broadcast.id})


def _pages(skip: int, *, more: bool) -> Iterator[Button]:
    if skip:
        yield Button(label=text("admin-newer"), action=f"{NAME}.page", args={"skip": max(0, skip - _ON_A_PAGE)})
    if more:
        yield Button(label=text("admin-older"), action=f"{NAME}.page", args={"skip": skip + _ON_A_PAGE})


def _step(name: str, broadcast: Broadcast) -> Button:
    label = text(f"admin-broadcast-{name.removeprefix('ask_')}")
    return Button(label=label, action=f"{NAME}.{name}", args={"id": broadcast.id})


def _sure(name: str, label: str, broadcast: Broadcast) -> tuple[Button, ...]:
    return (Button(label=text(label), action=f"{NAME}.{name}", args={"id": broadcast.id}),)


def _to(broadcast: Broadcast) -> tuple[Button, ...]:
    return back(f"{NAME}.show", id=broadcast.id)


def _number(interaction: Interaction, name: str) -> int:
    value = interaction.args.get(name)
    return value if isinstance(value, int) else 0
