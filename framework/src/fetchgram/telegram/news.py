"""/news and /stop: whether somebody wants broadcasts; under albums there is no button for it."""

from __future__ import annotations

from fetchgram.model import Role, text
from fetchgram.screens import Action, Button, Command, Interaction, Screen, Show

_SET = "news"


def news_commands() -> tuple[Command, ...]:
    """Return the commands: one that asks, and the word that people type to be left alone."""
    role = Role.USER
    actions = {_SET: Action(handler=_set, minimum_role=role)}
    return (
        Command(name="news", help=text("telegram-help-news"), handler=_ask, minimum_role=role, actions=actions),
        Command(name="stop", help=text("telegram-help-stop"), handler=_stop, minimum_role=role),
    )


async def _ask(interaction: Interaction) -> Screen:
    return _shown(wanted=await interaction.control.privacy.wants_news(), show=Show.NEW)


async def _stop(interaction: Interaction) -> Screen:
    await interaction.control.privacy.set_news(wanted=False)
    return _shown(wanted=False, show=Show.NEW)


async def _set(interaction: Interaction) -> Screen:
    wanted = interaction.args.get("wanted") is True
    await interaction.control.privacy.set_news(wanted=wanted)
    return _shown(wanted=wanted, show=Show.EDIT)


def _shown(*, wanted: bool, show: Show) -> Screen:
    told, label = ("telegram-news-on", "telegram-quiet") if wanted else ("telegram-news-off", "telegram-loud")
    button = Button(label=text(label), action=_SET, args={"wanted": not wanted})
    return Screen(text=text(told), rows=((button,),), show=show)
