from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fetchgram.model import Chat, MediaKind, Route
from fetchgram.settings import MB, DeliverySettings, MtprotoSettings
from fetchgram.telegram.mtproto.gateway import Gateway
from fetchgram.telegram.mtproto.relay import Relay
from fetchgram.telegram.mtproto.session import Session, SessionFile, SessionString
from fetchgram.telegram.routes import upload_routes
from fetchgram.testing import FakeClock


async def _nobody(chat: Chat) -> None: ...


def _gateway(clock: FakeClock) -> Gateway:
    settings = MtprotoSettings.model_validate({"api_id": 1, "api_hash": "x"})
    return Gateway(settings, "42:x", Path("unused"), clock=clock, on_unreachable=_nobody)


def _way(routes: tuple[Route, ...], size_bytes: int) -> str | None:
    ordered = sorted(routes, key=lambda route: route.order)
    return next((route.name for route in ordered if route.takes(MediaKind.VIDEO, size_bytes)), None)


@pytest.mark.parametrize(
    ("delivery", "sizes"),
    [
        ({}, {50 * MB: "botapi", 50 * MB + 1: "split", 1000 * MB: "split", 1000 * MB + 1: None}),
        ({"botapi_max": "2MB"}, {2 * MB: "botapi", 2 * MB + 1: "split"}),
        ({"botapi_local": True}, {2000 * MB: "botapi", 2000 * MB + 1: "split"}),
    ],
    ids=["Telegram's server", "a border of one's own", "a server of one's own"],
)
def test_without_mtproto_the_bot_api_takes_what_its_server_takes(
    delivery: dict[str, object], sizes: dict[int, str | None]
) -> None:
    routes = tuple(upload_routes("telegram", DeliverySettings.model_validate(delivery), None))
    assert {size: _way(routes, size) for size in sizes} == sizes


@pytest.mark.parametrize(
    ("delivery", "sizes"),
    [
        ({}, {20 * MB: "botapi", 20 * MB + 1: "mtproto", 2000 * 1024**2: "mtproto", 2000 * 1024**2 + 1: "split"}),
        ({"botapi_max": "40MB"}, {40 * MB: "botapi", 40 * MB + 1: "mtproto"}),
        ({"botapi_local": True}, {2000 * MB: "botapi", 2000 * MB + 1: "mtproto"}),
    ],
    ids=["Telegram's server", "a border of one's own", "a server of one's own"],
)
def test_with_mtproto_larger_files_go_there(delivery: dict[str, object], sizes: dict[int, str | None]) -> None:
    routes = tuple(upload_routes("telegram", DeliverySettings.model_validate(delivery), _gateway(FakeClock())))
    assert {size: _way(routes, size) for size in sizes} == sizes


def test_while_mtproto_is_down_the_bot_api_takes_up_to_its_own_limit() -> None:
    clock = FakeClock()
    gateway = _gateway(clock)
    gateway._down_until = 60.0
    routes = tuple(upload_routes("telegram", DeliverySettings(), gateway))
    assert (_way(routes, 50 * MB), _way(routes, 50 * MB + 1)) == ("botapi", None)
    clock.advance(61)
    assert _way(tuple(upload_routes("telegram", DeliverySettings(), gateway)), 50 * MB) == "mtproto"


def test_what_no_way_takes_is_refused_where_nothing_is_cut() -> None:
    settings = DeliverySettings(split=False)
    assert _way(tuple(upload_routes("telegram", settings, None)), 50 * MB + 1) is None
    with_mtproto = tuple(upload_routes("telegram", settings, _gateway(FakeClock())))
    assert _way(with_mtproto, 2000 * 1024**2 + 1) is None


def test_only_what_plays_is_cut() -> None:
    routes = upload_routes("telegram", DeliverySettings(), None)
    takes = {kind: any(route.takes(kind, 50 * MB + 1) for route in routes) for kind in MediaKind}
    assert {kind for kind, taken in takes.items() if taken} == {MediaKind.VIDEO, MediaKind.AUDIO}


def test_a_user_account_takes_what_is_too_large_for_the_bot() -> None:
    clock, server = FakeClock(), "127.0.0.1:1"
    settings = MtprotoSettings.model_validate({"api_id": 1, "api_hash": "x", "relay_chat": -1000000000001})
    plain = Session(dc_id=2, host="h", port=1, key=b"k", user_id=7, server=server)
    for is_premium, most in ((False, 4000 * 512 * 1024), (True, 8000 * 512 * 1024)):
        relay = Relay(settings, SessionString(replace(plain, is_premium=is_premium)), clock=clock)
        routes = tuple(upload_routes("telegram", DeliverySettings(), _gateway(clock), relay))
        assert _way(routes, most) == ("relay" if is_premium else "mtproto")
        assert _way(routes, most + 1) == "split"


def test_without_its_login_the_user_account_is_passed_over() -> None:
    settings = MtprotoSettings.model_validate({"api_id": 1, "api_hash": "x", "relay_chat": -1000000000001})
    relay = Relay(settings, SessionFile(Path("missing")), clock=FakeClock())
    routes = tuple(upload_routes("telegram", DeliverySettings(), _gateway(FakeClock()), relay))
    assert _way(routes, 2000 * 1024**2 + 1) == "split"
    (down,) = [route.down for route in routes if route.name == "relay"]
    assert down is not None
    assert down.key == "route-relay-no-login"
