"""The ways of new files into a chat: small ones by the Bot API, larger ones by MTProto, and back when that fails."""

from __future__ import annotations

from collections.abc import Sequence

from fetchgram.model import MediaKind, Route
from fetchgram.settings import MB, DeliverySettings
from fetchgram.telegram.mtproto.gateway import Gateway

BOTAPI, MTPROTO = "botapi", "mtproto"
_BOTAPI_MAX = 50 * MB
"""core.telegram.org/bots/api#sending-files"""
_LOCAL_SERVER_MAX = 2000 * MB
"""core.telegram.org/bots/api#using-a-local-bot-api-server"""
_NEAR_MAX = 20 * MB
"""From here on MTProto is the faster one of the two."""
_BOTAPI_ORDER, _MTPROTO_ORDER, _FALLBACK_ORDER = 20, 30, 40


def upload_routes(plugin: str, settings: DeliverySettings, gateway: Gateway | None) -> Sequence[Route]:
    """Name the ways, the first one first.

    Args:
        plugin: Whose they are.
        settings: How large a file the Bot API gets.
        gateway: MTProto of the bot, if it has it.
    """
    largest = largest_upload(settings)
    if gateway is None:
        return (_route(plugin, BOTAPI, _BOTAPI_ORDER, largest),)
    near = _route(plugin, BOTAPI, _BOTAPI_ORDER, min(largest, largest_near(settings)))
    far = _route(plugin, BOTAPI, _FALLBACK_ORDER, largest)
    limits = _all_kinds(gateway.max_bytes)
    mtproto = Route(plugin=plugin, name=MTPROTO, order=_MTPROTO_ORDER, max_bytes=limits, down=gateway.down)
    return (near, mtproto, far)


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
