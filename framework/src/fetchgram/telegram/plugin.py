"""The built-in plugin `telegram`: the ways into chats of our bots, and the greeting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fetchgram.errors import CannotDeliver, FetchgramError, PluginError, TemporarilyUnavailable
from fetchgram.hookspecs import hookimpl
from fetchgram.model import (
    Chat,
    Delivery,
    Destination,
    Job,
    Json,
    Link,
    Media,
    Probe,
    Receipt,
    Role,
    Route,
    decode,
    text,
)
from fetchgram.pipeline.cache import LEDGER_KEY
from fetchgram.pipeline.cache import ROUTE as CACHE
from fetchgram.ports import Context, Ledger, Sink
from fetchgram.screens import Command, Health, HealthCheck, HealthReport, Interaction, Screen, Show
from fetchgram.settings import DeliverySettings, LimitsSettings, SettingsModel
from fetchgram.telegram.forget import forget_command
from fetchgram.telegram.mtproto.gateway import Gateway
from fetchgram.telegram.mtproto.relay import Relay
from fetchgram.telegram.news import news_commands
from fetchgram.telegram.parts import Parts
from fetchgram.telegram.routes import MTPROTO, RELAY, upload_routes
from fetchgram.telegram.splitting import SPLIT, Splitter

if TYPE_CHECKING:
    from fetchgram.telegram.delivery import BotApiDelivery  # aiogram: heavy, and listing the plugins needs none of it
    from fetchgram.telegram.files import SentFiles  # the same
    from fetchgram.telegram.flood import Line  # the same

GET = "get"
"""The command that takes a link where the bot is not addressed otherwise, as in groups."""


class TelegramPlugin:
    """Delivers into chats; built by `telegram_plugin`, which gives it the bots."""

    name = "telegram"
    api_version = 1
    Settings = SettingsModel
    deliveries: Mapping[int, BotApiDelivery] = {}
    gateways: Mapping[str, Gateway] = {}
    relay: Relay | None = None
    delivery_settings: DeliverySettings = DeliverySettings()
    limits: LimitsSettings = LimitsSettings()

    def __init__(self, settings: SettingsModel, context: Context | None) -> None:
        self._settings, self._context = settings, context

    @hookimpl
    def routes(self, destination: Destination) -> Sequence[Route]:
        """Name the ways into a chat of one of our bots."""
        if not isinstance(destination, Chat) or destination.bot_id not in self.deliveries:
            return ()
        return (Route(plugin=self.name, name=CACHE, order=0), *self._uploads(destination))

    @hookimpl
    async def deliver(
        self, delivery: Delivery, route: Route, media: Sequence[Media], ledger: Ledger, sink: Sink
    ) -> Receipt:
        """Send new files, or those that Telegram keeps."""
        chat = delivery.destination
        way = self.deliveries.get(chat.bot_id) if isinstance(chat, Chat) else None
        if way is None or not isinstance(chat, Chat):
            raise CannotDeliver(f"no bot for {delivery.destination!r}")
        if route.name == CACHE:
            receipt = decode(Receipt, cast("dict[str, Json]", await ledger.get(LEDGER_KEY)))
            return await way.send_cached(delivery, receipt, ledger)
        if route.name == SPLIT:
            return await self._in_parts(delivery, chat, media, ledger, sink)
        return await self._upload(route.name, delivery, media, ledger, sink)

    @hookimpl
    def health_checks(self) -> Sequence[HealthCheck]:
        """Name how Telegram answers each bot, and a check for each that can send large files."""
        checks = [
            HealthCheck(name=f"telegram {bot_id}", check=partial(_measured, delivery.line), every_s=60)
            for bot_id, delivery in self.deliveries.items()
        ]
        checks += [
            HealthCheck(name=f"mtproto {name}", check=partial(_check, gateway.check, "the Bot API's limit"))
            for name, gateway in self.gateways.items()
        ]
        if self.relay is not None:
            check = partial(_check, partial(self.relay.check, self.gateways), "a bot's limit")
            checks.append(HealthCheck(name="user account", check=check))
        return checks

    @hookimpl
    async def probe(self, link: Link) -> Probe:
        """Look at a file that a person sent."""
        return self._sent_files().probe(link)

    @hookimpl
    async def download(self, job: Job, workdir: Path, sink: Sink) -> Sequence[Media]:
        """Fetch a file that a person sent."""
        return await self._sent_files().download(job, workdir, sink)

    @hookimpl
    def user_commands(self) -> Sequence[Command]:
        """Name the greeting, the help, the command for links in groups, and what people decide about themselves."""
        return (
            Command(name="start", help=text("help-start"), handler=_start, minimum_role=Role.USER),
            Command(name="help", help=text("help-help"), handler=_help, minimum_role=Role.USER),
            Command(name=GET, help=text("telegram-help-get"), handler=_help, minimum_role=Role.USER),
            *news_commands(),
            forget_command(),
        )

    def _uploads(self, chat: Chat) -> Sequence[Route]:
        # MTProto does not speak for a business account.
        gateway = self._gateway(chat.bot_id) if chat.business is None else None
        return upload_routes(self.name, self.delivery_settings, gateway, self.relay)

    async def _upload(
        self, name: str, delivery: Delivery, media: Sequence[Media], ledger: Ledger, sink: Sink
    ) -> Receipt:
        bot_id = cast("Chat", delivery.destination).bot_id
        gateway = self._gateway(bot_id)
        if name == MTPROTO and gateway is not None:
            return await gateway.deliver(delivery, media, ledger, sink)
        if name == RELAY and gateway is not None and self.relay is not None:
            return await self.relay.deliver(delivery, media, ledger, sink, gateway=gateway)
        return await self.deliveries[bot_id].upload(delivery, media, ledger, sink)

    async def _in_parts(
        self, delivery: Delivery, chat: Chat, media: Sequence[Media], ledger: Ledger, sink: Sink
    ) -> Receipt:
        """Send what no way takes whole in parts, on the first way that takes them."""
        if self._context is None:
            raise PluginError("nothing is cut without a context", plugin=self.name)
        ways = [route for route in self._uploads(chat) if route.down is None and route.name != SPLIT]
        splitter = Splitter(self._context.media, self._context.texts)
        pieces = await splitter.plan(media, ways, ledger)
        largest = max((piece.media for piece in pieces), key=lambda media: media.size_bytes)
        way = next((way for way in ways if way.takes(largest.kind, largest.size_bytes)), None)
        if way is None:
            raise TemporarilyUnavailable("the way for the parts is down", told=text("route-mtproto-down"))
        most_bytes = way.max_bytes[largest.kind.value]
        return await Parts(splitter, pieces, most_bytes, partial(self._upload, way.name)).deliver(
            delivery, ledger, sink
        )

    def _gateway(self, bot_id: int) -> Gateway | None:
        return next((gateway for gateway in self.gateways.values() if gateway.bot_id == bot_id), None)

    def _sent_files(self) -> SentFiles:
        from fetchgram.telegram.files import MOST_BYTES, SentFiles  # noqa: PLC0415  # aiogram

        if self._context is None:
            raise PluginError("nothing is fetched without a context", plugin=self.name)
        lines = {bot_id: delivery.line for bot_id, delivery in self.deliveries.items()}
        gateways = {gateway.bot_id: gateway for gateway in self.gateways.values()}
        most_bytes = int(self.limits.file_max)
        # A server of one's own hands out files of any size (core.telegram.org/bots/api#using-a-local-bot-api-server).
        near_bytes = most_bytes if self.delivery_settings.botapi_local else MOST_BYTES
        return SentFiles(lines, self._context.media, gateways, most_bytes, near_bytes)


def telegram_plugin(
    deliveries: Mapping[int, BotApiDelivery],
    settings: DeliverySettings,
    gateways: Mapping[str, Gateway] | None = None,
    relay: Relay | None = None,
    limits: LimitsSettings | None = None,
) -> type[TelegramPlugin]:
    """Return the plugin's class for these bots: nothing is global, so that a process may hold several.

    Args:
        deliveries: By bot id.
        settings: How files go out.
        gateways: Ways into MTProto, by the bots' names.
        relay: The user account for all of them.
        limits: What is fetched at most.
    """

    class Bound(TelegramPlugin):
        """The plugin with its bots."""

    Bound.deliveries = deliveries
    Bound.delivery_settings = settings
    Bound.gateways = gateways or {}
    Bound.relay = relay
    Bound.limits = limits or LimitsSettings()
    return Bound


async def _measured(line: Line) -> HealthReport:
    return line.meter.report()


async def _check(check: Callable[[], Awaitable[str]], limit: str) -> HealthReport:
    try:
        return HealthReport(health=Health.OK, detail=await check())
    except FetchgramError as error:
        return HealthReport(health=Health.FAILING, detail=f"{error}; files above {limit} cannot be sent whole")


async def _start(interaction: Interaction) -> Screen:  # noqa: ARG001  # a handler's shape
    return Screen(text=text("start"), show=Show.NEW)


async def _help(interaction: Interaction) -> Screen:  # noqa: ARG001  # a handler's shape
    return Screen(text=text("help"), show=Show.NEW)
