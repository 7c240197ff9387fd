"""A plugin's settings: each with what it means, its bounds and its default; changed by buttons or typed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from fetchgram.api import (
    Action,
    Ask,
    AskKind,
    Button,
    FetchgramError,
    Interaction,
    Json,
    PluginSetting,
    Role,
    Screen,
    SettingKind,
    Show,
    Text,
    text,
)
from fetchgram_admin.section import back, grid

_ON_A_PAGE = 8
_LONGEST = 40
_UNITS = {"s": "s", "ms": "ms", "px": "px", "kbps": "kbit/s", "days": "d"}
_TYPED = frozenset({SettingKind.NUMBER, SettingKind.SIZE, SettingKind.TEXT, SettingKind.LIST, SettingKind.SECRET})


def actions() -> Mapping[str, Action]:
    """Return what the buttons of settings do."""
    return {
        "settings": Action(handler=_page, minimum_role=Role.VIEWER),
        "setting": Action(handler=_one, minimum_role=Role.VIEWER),
        "pick": Action(handler=_pick, minimum_role=Role.ADMIN),
        "ask": Action(handler=_ask, minimum_role=Role.ADMIN),
        "typed": Action(handler=_typed, minimum_role=Role.ADMIN),
        "reset": Action(handler=_reset, minimum_role=Role.ADMIN),
    }


async def _page(interaction: Interaction) -> Screen:
    """Show a page of them."""
    plugin, page = str(interaction.args["plugin"]), int(str(interaction.args.get("page", 0)))
    found = await interaction.control.plugins.settings(plugin)
    begin = page * _ON_A_PAGE
    shown = found[begin : begin + _ON_A_PAGE]
    rows = tuple((_opening(plugin, setting),) for setting in shown)
    turns = tuple(_turns(plugin, page, more=len(found) > begin + _ON_A_PAGE))
    told = text("admin-settings-title" if found else "admin-settings-none", plugin=plugin)
    leave = back("plugins.card", plugin=plugin)
    return Screen(text=told, rows=(*rows, *((turns,) if turns else ()), leave))


def _opening(plugin: str, setting: PluginSetting) -> Button:
    label = text("admin-setting-button", name=name_of(setting), value=value_of(setting), changed=int(setting.changed))
    return Button(label=label, action="plugins.setting", args={"plugin": plugin, "setting": setting.name})


def _turns(plugin: str, page: int, *, more: bool) -> Iterator[Button]:
    if page:
        yield Button(label=text("admin-previous"), action="plugins.settings", args={"plugin": plugin, "page": page - 1})
    if more:
        yield Button(label=text("admin-next"), action="plugins.settings", args={"plugin": plugin, "page": page + 1})


async def _one(interaction: Interaction) -> Screen:
    return await _show(interaction)


async def _show(interaction: Interaction) -> Screen:
    plugin, name = str(interaction.args["plugin"]), str(interaction.args["setting"])
    found = await interaction.control.plugins.settings(plugin)
    place = next((place for place, setting in enumerate(found) if setting.name == name), None)
    if place is None:
        return await _page(interaction)
    setting, may_change = found[place], interaction.role.includes(Role.ADMIN)
    rows = tuple(_changes(setting, interaction.args)) if may_change else ()
    leave = back("plugins.settings", plugin=plugin, page=place // _ON_A_PAGE)
    return Screen(
        text=text("admin-setting-card", plugin=plugin, name=name_of(setting), about=setting.description),
        lines=tuple(_facts(setting)),
        rows=(*rows, leave),
    )


def _facts(setting: PluginSetting) -> Iterator[Text]:
    yield text("admin-setting-value", value=value_of(setting), changed=int(setting.changed))
    if setting.kind is SettingKind.FIXED:
        yield text("admin-setting-fixed")
        return
    if setting.kind is not SettingKind.SECRET:
        yield text("admin-setting-default", value=_shown(setting, setting.default))
    if setting.minimum is not None or setting.maximum is not None:
        least = "" if setting.minimum is None else f"{setting.minimum:g}"
        most = "" if setting.maximum is None else f"{setting.maximum:g}"
        yield text("admin-setting-bounds", least=least, most=most)


def _changes(setting: PluginSetting, args: Mapping[str, Json]) -> Iterator[tuple[Button, ...]]:
    here = {"plugin": args["plugin"], "setting": setting.name}

    def pick(label: Text, value: Json) -> Button:
        return Button(label=label, action="plugins.pick", args={**here, "value": value})

    match setting.kind:
        case SettingKind.FLAG:
            yield tuple(pick(text(f"admin-switch-{word}"), value) for word, value in (("on", True), ("off", False)))
        case SettingKind.CHOICE:
            yield from grid([pick(text("admin-plain", value=word), word) for word in setting.choices], 3)
        case kind if kind in _TYPED:
            yield (Button(label=text("admin-setting-change"), action="plugins.ask", args=here),)
    last = []
    if setting.optional and setting.value not in (None, False):
        last.append(pick(text("admin-setting-none"), None))
    if setting.changed:
        last.append(Button(label=text("admin-setting-reset"), action="plugins.reset", args=here))
    if last:
        yield tuple(last)


async def _pick(interaction: Interaction) -> Screen:
    value = interaction.args["value"]
    return await _changed(interaction, value if isinstance(value, bool) or value is None else str(value))


async def _typed(interaction: Interaction) -> Screen:
    try:
        screen = await _changed(interaction, interaction.text or "")
    except FetchgramError as error:
        again = await _ask(interaction)
        return dataclasses.replace(again, text=error.text, lines=(again.text, *again.lines))
    return dataclasses.replace(screen, show=Show.NEW)


async def _changed(interaction: Interaction, value: str | bool | None) -> Screen:  # noqa: FBT001  # a setting may be one
    await interaction.control.plugins.set(str(interaction.args["plugin"]), str(interaction.args["setting"]), value)
    return await _show(interaction)


async def _reset(interaction: Interaction) -> Screen:
    await interaction.control.plugins.reset(str(interaction.args["plugin"]), str(interaction.args["setting"]))
    return await _show(interaction)


async def _ask(interaction: Interaction) -> Screen:
    """Ask for a value to be typed."""
    plugin, name = str(interaction.args["plugin"]), str(interaction.args["setting"])
    found = {setting.name: setting for setting in await interaction.control.plugins.settings(plugin)}
    here = {"plugin": plugin, "setting": name}
    secret = found[name].kind is SettingKind.SECRET
    ask = Ask(kind=AskKind.SECRET if secret else AskKind.TEXT, action="plugins.typed", args=here)
    leave = back("plugins.setting", **here)
    return Screen(
        text=text("admin-setting-ask", name=name_of(found[name])),
        lines=(text(f"admin-setting-ask-{found[name].kind.value}"), *_facts(found[name])),
        rows=(leave,),
        ask=ask,
    )


def name_of(setting: PluginSetting) -> str:
    """Return the field's name without its unit, as words."""
    words = setting.name.split("_")
    return " ".join(words[:-1] if len(words) > 1 and words[-1] in _UNITS else words)


def value_of(setting: PluginSetting) -> Text:
    """Return what holds, as people read it."""
    return _shown(setting, setting.value)


def _shown(setting: PluginSetting, value: Json) -> Text:
    """Return a value as people read it."""
    if value is None or value in ("", [], {}) or (setting.kind is SettingKind.SECRET and not value):
        return text("admin-value-unset")
    if setting.kind is SettingKind.SECRET:
        return text("admin-value-secret")
    if isinstance(value, bool):
        return text("admin-value-on" if value else "admin-value-off")
    if isinstance(value, int | float):
        return _number(setting, value)
    words = ", ".join(map(str, value)) if isinstance(value, list | dict) else value
    return text("admin-plain", value=words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…")


def _number(setting: PluginSetting, value: float) -> Text:
    if value == 0 and setting.zero:
        return text("admin-value-zero", meaning=setting.zero)
    if setting.kind is SettingKind.SIZE:
        return text("admin-value-size", size=value)
    unit = _UNITS.get(setting.name.rpartition("_")[2], "")
    return text("admin-value-number", number=f"{value:g}", unit=unit)
