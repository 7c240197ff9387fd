"""Plugins: how each is and does; on and off, back from a pause."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from fetchgram.api import Action, Button, Context, Interaction, PluginCard, PluginState, Role, Screen, Text, text
from fetchgram_admin import settings
from fetchgram_admin.section import Section, back, grid

_MARKS = {
    PluginState.ACTIVE: "🟢",
    PluginState.PAUSED: "🟡",
    PluginState.FAILED: "🔴",
    PluginState.DISABLED: "⚪",
}
_OWN = "admin"
"""This plugin: whoever switched it off here could not switch it on again."""


def section(context: Context) -> Section:
    """Return the section."""
    del context
    changes = {"enable": _enable, "disable": _disable, "resume": _resume}
    return Section(
        name="plugins",
        label=text("admin-plugins"),
        handler=overview,
        actions={
            "card": Action(handler=_card, minimum_role=Role.VIEWER),
            **{name: Action(handler=handler, minimum_role=Role.ADMIN) for name, handler in changes.items()},
            **settings.actions(),
        },
    )


async def overview(interaction: Interaction) -> Screen:
    """Show all plugins, those with trouble first."""
    cards = sorted(await interaction.control.plugins.list(), key=lambda card: (card.state not in _TROUBLE, card.name))
    buttons = [
        Button(
            label=text("admin-plugin-button", mark=_MARKS[card.state], name=card.name),
            action="plugins.card",
            args={"plugin": card.name},
        )
        for card in cards
    ]
    lines = tuple(_line(card) for card in cards)
    return Screen(text=text("admin-plugins-title"), lines=lines, rows=(*grid(buttons), back()))


_TROUBLE = (PluginState.FAILED, PluginState.PAUSED)


async def _card(interaction: Interaction) -> Screen:
    return await _show(interaction, str(interaction.args["plugin"]))


async def _show(interaction: Interaction, plugin: str) -> Screen:
    card = next((card for card in await interaction.control.plugins.list() if card.name == plugin), None)
    if card is None:
        return await overview(interaction)
    may_change = interaction.role.includes(Role.ADMIN)
    first = tuple(_changes(card)) if may_change else ()
    more = Button(label=text("admin-plugin-settings"), action="plugins.settings", args={"plugin": plugin})
    return Screen(
        text=text("admin-plugin-card", mark=_MARKS[card.state], name=card.name, version=card.version),
        lines=tuple(_told(card)),
        rows=tuple(row for row in (first, (more,), back("plugins")) if row),
    )


def _line(card: PluginCard) -> Text:
    return text("admin-plugin-line", mark=_MARKS[card.state], name=card.name, trouble=card.state.value, **_day(card))


def _told(card: PluginCard) -> Iterator[Text]:
    yield text(f"admin-plugin-is-{card.state.value}")
    if card.changed:
        yield text("admin-plugin-changed")
    if card.error:
        yield text("admin-plugin-error", error=card.error)
    yield text("admin-plugin-day", done=card.done, failed=card.failed, **_day(card))
    if card.builtin:
        yield text("admin-plugin-core")
    elif not card.replaceable:
        yield text("admin-plugin-later")
    if card.pending:
        yield text("admin-plugin-pending")
    if card.hooks:
        yield text("admin-plugin-hooks", hooks=", ".join(card.hooks))


def _day(card: PluginCard) -> dict[str, int]:
    """Return how it did in the last day."""
    total = card.done + card.failed
    return {"total": total, "rate": round(100 * card.done / total) if total else 0}


def _changes(card: PluginCard) -> Iterator[Button]:
    if card.builtin:
        return
    if card.state is PluginState.PAUSED:
        yield _button("resume", card)
    if card.state is PluginState.FAILED:
        yield _button("enable", card, label="admin-plugin-again")
    if card.state is PluginState.DISABLED:
        yield _button("enable", card)
    elif card.name != _OWN:
        yield _button("disable", card)


def _button(action: str, card: PluginCard, *, label: str = "") -> Button:
    told = text(label or f"admin-plugin-{action}")
    return Button(label=told, action=f"plugins.{action}", args={"plugin": card.name})


async def _enable(interaction: Interaction) -> Screen:
    return await _changed(interaction, interaction.control.plugins.enable)


async def _disable(interaction: Interaction) -> Screen:
    return await _changed(interaction, interaction.control.plugins.disable)


async def _resume(interaction: Interaction) -> Screen:
    return await _changed(interaction, interaction.control.plugins.resume)


async def _changed(interaction: Interaction, change: Callable[[str], Awaitable[None]]) -> Screen:
    plugin = str(interaction.args["plugin"])
    await change(plugin)
    return await _show(interaction, plugin)
