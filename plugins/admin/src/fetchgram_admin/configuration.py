"""Settings: the core's, as they hold and where they were given; the way to those of plugins."""

from __future__ import annotations

from fetchgram.api import Action, Button, Context, Interaction, PluginSetting, Role, Screen, Text, text
from fetchgram_admin.section import Section, back, grid
from fetchgram_admin.settings import value_of

_IN_A_ROW = 3


def section(context: Context) -> Section:
    """Return the section."""
    del context
    return Section(
        name="settings",
        label=text("admin-core"),
        handler=_sections,
        actions={"of": Action(handler=_section, minimum_role=Role.VIEWER)},
    )


async def _sections(interaction: Interaction) -> Screen:
    buttons = [
        Button(label=text("admin-plain", value=name), action="settings.of", args={"section": name})
        for name in await interaction.control.configuration.sections()
    ]
    plugins = (Button(label=text("admin-core-plugins"), action="plugins"),)
    return Screen(text=text("admin-core-title"), rows=(*grid(buttons, _IN_A_ROW), plugins, back()))


async def _section(interaction: Interaction) -> Screen:
    name = str(interaction.args["section"])
    found = await interaction.control.configuration.of(name)
    return Screen(text=text("admin-core-of", section=name), lines=tuple(map(_line, found)), rows=(back("settings"),))


def _line(setting: PluginSetting) -> Text:
    return text("admin-core-line", name=setting.name, value=value_of(setting), origin=setting.origin.value)
