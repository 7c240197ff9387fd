"""Looking after the bot: maintenance, backup, log level, cache, clean-up, restart, tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Iterator

from fetchgram.api import (
    Action,
    Ask,
    AskKind,
    Button,
    Context,
    Interaction,
    Media,
    Role,
    Screen,
    Show,
    Text,
    UpkeepState,
    text,
)
from fetchgram_admin.section import Section, back, grid

_SURE = {"restart": "restart_now", "purge": "purge_now"}
"""What is asked once more before it is done, and what does it."""


def section(context: Context) -> Section:
    """Return the section."""
    del context
    for_admins = {
        "close": _close,
        "why": _why,
        "open": _open,
        "logs": _logs,
        "level": _level,
        "sure": _sure,
        "purge_now": _purge,
        "clean": _clean,
        "restart_now": _restart,
    }
    for_owners = {"backup": _backup, "tables": _tables, "export": _export}
    return Section(
        name="maintenance",
        label=text("admin-upkeep"),
        handler=overview,
        actions={
            **{name: Action(handler=handler, minimum_role=Role.ADMIN) for name, handler in for_admins.items()},
            **{name: Action(handler=handler, minimum_role=Role.OWNER) for name, handler in for_owners.items()},
        },
    )


async def overview(interaction: Interaction) -> Screen:
    """Show what is set, and what can be done."""
    return await _show(interaction)


async def _show(interaction: Interaction, *said: Text) -> Screen:
    state = await interaction.control.maintenance.state()
    lines = [text("admin-upkeep-closed", why=state.why) if state.closed else text("admin-upkeep-open-now")]
    lines.append(text("admin-upkeep-level", level=state.level))
    buttons = tuple(_buttons(interaction.role, state))
    told = text("admin-upkeep-title")
    return Screen(text=told, lines=(*lines, *said), rows=(*grid(buttons), back()))


def _buttons(role: Role, state: UpkeepState) -> Iterator[Button]:
    if role.includes(Role.ADMIN):
        yield _button("open") if state.closed else _button("close")
        yield _button("logs")
        yield _button("clean")
        yield Button(label=text("admin-upkeep-purge"), action="maintenance.sure", args={"what": "purge"})
        yield Button(label=text("admin-upkeep-restart"), action="maintenance.sure", args={"what": "restart"})
    if role.includes(Role.OWNER):
        yield _button("backup")
        yield _button("tables")


def _button(action: str) -> Button:
    return Button(label=text(f"admin-upkeep-{action}"), action=f"maintenance.{action}")


async def _close(interaction: Interaction) -> Screen:
    """Close at once, and ask for words."""
    await interaction.control.maintenance.close()
    screen = await _show(interaction, text("admin-upkeep-why"))
    return dataclasses.replace(screen, ask=Ask(kind=AskKind.TEXT, action="maintenance.why"))


async def _why(interaction: Interaction) -> Screen:
    await interaction.control.maintenance.close(interaction.text or "")
    return dataclasses.replace(await _show(interaction), show=Show.NEW)


async def _open(interaction: Interaction) -> Screen:
    await interaction.control.maintenance.open()
    return await _show(interaction)


async def _logs(interaction: Interaction) -> Screen:
    state = await interaction.control.maintenance.state()
    levels = [
        Button(label=text("admin-plain", value=level), action="maintenance.level", args={"level": level})
        for level in state.levels
    ]
    usual = Button(label=text("admin-setting-reset"), action="maintenance.level", args={"level": None})
    told = text("admin-upkeep-level", level=state.level)
    return Screen(text=text("admin-upkeep-logs"), lines=(told,), rows=(tuple(levels), (usual,), back("maintenance")))


async def _level(interaction: Interaction) -> Screen:
    level = interaction.args["level"]
    await interaction.control.maintenance.set_level(None if level is None else str(level))
    return await _logs(interaction)


async def _sure(interaction: Interaction) -> Screen:
    what = str(interaction.args["what"])
    yes = Button(label=text(f"admin-upkeep-{what}"), action=f"maintenance.{_SURE[what]}")
    return Screen(text=text(f"admin-upkeep-{what}-sure"), rows=((yes,), back("maintenance")))


async def _purge(interaction: Interaction) -> Screen:
    count = await interaction.control.maintenance.purge_cache()
    return await _show(interaction, text("admin-upkeep-purged", count=count))


async def _clean(interaction: Interaction) -> Screen:
    removed = await interaction.control.maintenance.clean_up()
    found = [text("admin-upkeep-removed", what=what, count=count) for what, count in removed.items() if count]
    return await _show(interaction, text("admin-upkeep-cleaned", count=sum(removed.values())), *found)


async def _restart(interaction: Interaction) -> Screen:
    await interaction.control.maintenance.restart()
    return Screen(text=text("admin-upkeep-restarting"), rows=(back(),))


async def _tables(interaction: Interaction) -> Screen:
    state = await interaction.control.maintenance.state()
    buttons = [
        Button(label=text("admin-plain", value=table), action="maintenance.export", args={"table": table})
        for table in state.tables
    ]
    return Screen(text=text("admin-upkeep-tables-title"), rows=(*grid(buttons, 3), back("maintenance")))


async def _backup(interaction: Interaction) -> Screen:
    return await _file(interaction, interaction.control.maintenance.back_up)


async def _export(interaction: Interaction) -> Screen:
    table = str(interaction.args["table"])
    return await _file(interaction, lambda: interaction.control.maintenance.export(table))


async def _file(interaction: Interaction, make: Callable[[], Awaitable[Media]]) -> Screen:
    """Send a file that holds what people sent: to its owner alone, and only if Telegram takes it."""
    if interaction.chat != interaction.person.id:
        return Screen(text=text("admin-upkeep-private"), show=Show.TOAST)
    media = await make()
    state = await interaction.control.maintenance.state()
    told = text("admin-upkeep-file", name=media.path.name, size=media.size_bytes)
    if media.size_bytes > state.most_bytes:
        where = text("admin-upkeep-too-large", path=str(media.path), limit=state.most_bytes)
        return Screen(text=told, lines=(where,), show=Show.NEW)
    return Screen(text=told, media=media, show=Show.NEW)
