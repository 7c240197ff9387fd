from __future__ import annotations

from collections.abc import Callable

import pytest

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.screens import Health
from fetchgram.settings import DeliverySettings, SettingsModel
from fetchgram.telegram.plugin import telegram_plugin

from .conftest import Sender


async def test_a_check_says_as_whom_we_are_logged_in(sender: Sender) -> None:
    assert await sender.gateway.check() == "logged in as @fetchgram_bot at data centre 2"


async def test_the_plugin_has_a_check_for_each_bot_with_mtproto(open_sender: Callable[..., Sender]) -> None:
    good, bad = open_sender(), open_sender(api_hash="f" * 32)
    bad.gateway._file = bad.folder / "another.session"
    gateways = {"main": good.gateway, "other": bad.gateway}
    plugin = telegram_plugin({}, DeliverySettings(), gateways)(SettingsModel(), None)
    reports = {check.name: await check.check() for check in plugin.health_checks()}
    assert reports["mtproto main"].health is Health.OK
    assert reports["mtproto other"].health is Health.FAILING
    assert "API_ID_INVALID" in reports["mtproto other"].detail
    with pytest.raises(TemporarilyUnavailable):
        await bad.gateway.check()
