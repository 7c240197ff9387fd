"""The built-in plugin `telegram`: the ways into chats of our bots, and the greeting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from fetchgram.errors import CannotDeliver
from fetchgram.hookspecs import hookimpl
from fetchgram.model import Chat, Delivery, Destination, Json, Media, MediaKind, Receipt, Role, Route, decode, text
from fetchgram.pipeline.cache import LEDGER_KEY
from fetchgram.pipeline.cache import ROUTE as CACHE
from fetchgram.ports import Context, Ledger, Sink
from fetchgram.screens import Command, Interaction, Screen, Show
from fetchgram.settings import MB, DeliverySettings, SettingsModel

if TYPE_CHECKING:
    from fetchgram.telegram.delivery import BotApiDelivery  # aiogram: heavy, and listing the plugins needs none of it

GET = "get"
"""The command that takes a link where the bot is not addressed otherwise, as in groups."""
BOTAPI = "botapi"
_LOCAL_SERVER_MAX = 2000 * MB
"""core.telegram.org/bots/api#using-a-local-bot-api-server"""
_BOTAPI_ORDER = 20


class TelegramPlugin:
    """Delivers into chats; built by `telegram_plugin`, which gives it the bots."""

    name = "telegram"
    api_version = 1
    Settings = SettingsModel
    deliveries: Mapping[int, BotApiDelivery] = {}
    delivery_settings: DeliverySettings = DeliverySettings()

    def __init__(self, settings: SettingsModel, context: Context | None) -> None:
        self._settings, self._context = settings, context

    @hookimpl
    def routes(self, destination: Destination) -> Sequence[Route]:
        """Name the ways into a chat of one of our bots."""
        if not isinstance(destination, Chat) or destination.bot_id not in self.deliveries:
            return ()
        limits = {kind.value: largest_upload(self.delivery_settings) for kind in MediaKind}
        return (
            Route(plugin=self.name, name=CACHE, order=0),
            Route(plugin=self.name, name=BOTAPI, order=_BOTAPI_ORDER, max_bytes=limits),
        )

    @hookimpl
    async def deliver(
        self, delivery: Delivery, route: Route, media: Sequence[Media], ledger: Ledger, sink: Sink
    ) -> Receipt:
        """Send new files, or those that Telegram keeps."""
        chat = delivery.destination
        way = self.deliveries.get(chat.bot_id) if isinstance(chat, Chat) else None
        if way is None:
            raise CannotDeliver(f"no bot for {delivery.destination!r}")
        if route.name == CACHE:
            receipt = decode(Receipt, cast("dict[str, Json]", await ledger.get(LEDGER_KEY)))
            return await way.send_cached(delivery, receipt, ledger)
        return await way.upload(delivery, media, ledger, sink)

    @hookimpl
    def user_commands(self) -> Sequence[Command]:
        """Name the greeting, the help, and the command for links in groups."""
        return (
            Command(name="start", help=text("help-start"), handler=_start, minimum_role=Role.USER),
            Command(name="help", help=text("help-help"), handler=_help, minimum_role=Role.USER),
            Command(name=GET, help=text("telegram-help-get"), handler=_help, minimum_role=Role.USER),
        )


def telegram_plugin(deliveries: Mapping[int, BotApiDelivery], settings: DeliverySettings) -> type[TelegramPlugin]:
    """Return the plugin's class for these bots, by bot id: nothing is global, so that a process may hold several."""

    class Bound(TelegramPlugin):
        """The plugin with its bots."""

    Bound.deliveries = deliveries
    Bound.delivery_settings = settings
    return Bound


def largest_upload(settings: DeliverySettings) -> int:
    """Return the largest file that the Bot API server takes."""
    if settings.botapi_local and "botapi_max" not in settings.model_fields_set:
        return _LOCAL_SERVER_MAX
    return int(settings.botapi_max)


async def _start(interaction: Interaction) -> Screen:  # noqa: ARG001  # a handler's shape
    return Screen(text=text("start"), show=Show.NEW)


async def _help(interaction: Interaction) -> Screen:  # noqa: ARG001  # a handler's shape
    return Screen(text=text("help"), show=Show.NEW)
