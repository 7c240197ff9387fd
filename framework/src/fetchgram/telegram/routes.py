"""The ways of new files into a chat: by the Bot API, by MTProto as the bot, through a user account, or in parts."""

from __future__ import annotations

from collections.abc import Sequence

from fetchgram.model import MediaKind, Route, Text
from fetchgram.settings import MB, DeliverySettings
from fetchgram.telegram.mtproto.gateway import Gateway
from fetchgram.telegram.mtproto.relay import Relay
from fetchgram.telegram.splitting import MOST_PARTS, PLAYABLE, SPLIT

BOTAPI, MTPROTO, RELAY = "botapi", "mtproto", "relay"
_BOTAPI_MAX = 50 * MB
"""core.telegram.org/bots/api#sending-files"""
_LOCAL_SERVER_MAX = 2000 * MB
"""core.telegram.org/bots/api#using-a-local-bot-api-server"""
_NEAR_MAX = 20 * MB
"""From here on MTProto is the faster one of the two."""
_BOTAPI_ORDER, _MTPROTO_ORDER, _RELAY_ORDER, _FALLBACK_ORDER, _SPLIT_ORDER = 20, 30, 35, 40, 50


def upload_routes(
    plugin: str, settings: DeliverySettings, gateway: Gateway | None, relay: Relay | None = None
) -> Sequence[Route]:
    """Name the ways, the first one first.

    Args:
        plugin: Whose they are.
        settings: How large a file the Bot API gets, and whether what is larger than all goes in parts.
        gateway: MTProto of the bot, if it has it.
        relay: The user account, if there is one.
    """
    whole = _whole(plugin, settings, gateway, relay)
    if not settings.split:
        return whole
    # What MTProto would take whole a minute later is not worth a cut.
    return (*whole, _in_parts(plugin, whole, down=gateway.down if gateway is not None else None))


def _whole(plugin: str, settings: DeliverySettings, gateway: Gateway | None, relay: Relay | None) -> tuple[Route, ...]:
    largest = largest_upload(settings)
    if gateway is None:
        return (_route(plugin, BOTAPI, _BOTAPI_ORDER, largest),)
    near = _route(plugin, BOTAPI, _BOTAPI_ORDER, min(largest, largest_near(settings)))
    far = _route(plugin, BOTAPI, _FALLBACK_ORDER, largest)
    limits = _all_kinds(gateway.max_bytes)
    mtproto = Route(plugin=plugin, name=MTPROTO, order=_MTPROTO_ORDER, max_bytes=limits, down=gateway.down)
    if relay is None:
        return (near, mtproto, far)
    # The bot takes the file from the chat over its own MTProto.
    limits, down = _all_kinds(relay.max_bytes), relay.down or gateway.down
    relayed = Route(plugin=plugin, name=RELAY, order=_RELAY_ORDER, max_bytes=limits, down=down)
    return (near, mtproto, relayed, far)


def _in_parts(plugin: str, whole: Sequence[Route], *, down: Text | None) -> Route:
    up = [route for route in whole if route.down is None]
    limits = {
        kind.value: max((route.max_bytes.get(kind.value, 0) for route in up), default=0)
        * (MOST_PARTS if kind in PLAYABLE else 1)
        for kind in MediaKind
    }
    return Route(plugin=plugin, name=SPLIT, order=_SPLIT_ORDER, max_bytes=limits, down=down)


def largest_upload(settings: DeliverySettings) -> int:
    """Return the largest file that the Bot API server takes."""
    if settings.botapi_max is not None:
        return int(settings.botapi_max)
    return _LOCAL_SERVER_MAX if settings.botapi_local else _BOTAPI_MAX


def largest_near(settings: DeliverySettings) -> int:
    """Return the largest file that goes over the Bot API while MTProto is up."""
    if settings.botapi_max is not None or settings.botapi_local:
        return largest_upload(settings)
    return _NEAR_MAX


def _route(plugin: str, name: str, order: int, largest: int) -> Route:
    return Route(plugin=plugin, name=name, order=order, max_bytes=_all_kinds(largest))


def _all_kinds(largest: int) -> dict[str, int]:
    return {kind.value: largest for kind in MediaKind}
