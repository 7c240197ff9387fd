"""/forget: somebody has everything deleted that is kept about them."""

from __future__ import annotations

from fetchgram.model import Role, text
from fetchgram.screens import Action, Button, Command, Interaction, Screen, Show

_SURE = "forget"


def forget_command() -> Command:
    """Return the command; it asks before it does anything."""
    return Command(
        name="forget",
        help=text("telegram-help-forget"),
        handler=_ask,
        minimum_role=Role.USER,
        actions={_SURE: Action(handler=_forget, minimum_role=Role.USER)},
    )


async def _ask(interaction: Interaction) -> Screen:  # noqa: ARG001  # a handler's shape
    sure = Button(label=text("telegram-forget-sure"), action=_SURE)
    return Screen(text=text("telegram-forget-ask"), rows=((sure,),), show=Show.NEW)


async def _forget(interaction: Interaction) -> Screen:
    await interaction.control.privacy.forget_me()
    return Screen(text=text("telegram-forgotten"))
