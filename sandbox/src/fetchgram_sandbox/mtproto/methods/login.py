"""The methods by which a client comes in."""

from __future__ import annotations

import secrets
import time

from pyrogram.raw import types

from fetchgram_sandbox.mtproto import views
from fetchgram_sandbox.mtproto.answers import TL, bad_request, elsewhere
from fetchgram_sandbox.mtproto.desk import Call, Pass

# What a client hardly looks at, as Telegram answered in 2026.
_TIMES = {
    "online_update_period_ms": 210_000,
    "offline_blur_timeout_ms": 5_000,
    "offline_idle_timeout_ms": 30_000,
    "online_cloud_timeout_ms": 300_000,
    "notify_cloud_delay_ms": 30_000,
    "notify_default_delay_ms": 1_500,
    "push_chat_period_ms": 60_000,
    "call_receive_timeout_ms": 20_000,
    "call_ring_timeout_ms": 90_000,
    "call_connect_timeout_ms": 30_000,
    "call_packet_timeout_ms": 10_000,
}
_COUNTS = {
    "chat_size_max": 200,
    "megagroup_size_max": 200_000,
    "forwarded_count_max": 100,
    "push_chat_limit": 2,
    "edit_time_limit": 172_800,
    "revoke_time_limit": 172_800,
    "revoke_pm_time_limit": 172_800,
    "rating_e_decay": 2_419_200,
    "stickers_recent_limit": 200,
    "channels_read_media_period": 604_800,
    "caption_length_max": 1_024,
    "message_length_max": 4_096,
}
_VALID_S = 3600


async def get_config(call: Call) -> TL:
    """Handle help.getConfig: says where the data centres are."""
    now = int(time.time())
    centres = sorted(call.desk.centres.items())
    return types.Config(
        date=now,
        expires=now + _VALID_S,
        test_mode=False,
        this_dc=call.dc_id,
        dc_options=[types.DcOption(id=dc_id, ip_address=host, port=port) for dc_id, (host, port) in centres],
        dc_txt_domain_name="",
        me_url_prefix="https://t.me/",
        webfile_dc_id=call.dc_id,
        **_TIMES,
        **_COUNTS,
    )


async def get_nearest_dc(call: Call) -> TL:
    """Handle help.getNearestDc."""
    return types.NearestDc(country="ZZ", this_dc=call.dc_id, nearest_dc=call.dc_id)


async def import_bot_authorization(call: Call) -> TL:
    """Handle auth.importBotAuthorization."""
    check_application(call)
    if call.query.bot_auth_token != call.desk.token:
        raise bad_request("ACCESS_TOKEN_INVALID")
    bot = call.desk.world.bot
    if bot.dc_id != call.dc_id:
        raise elsewhere("USER", bot.dc_id)
    call.session.auth.user_id = bot.id
    return types.auth.Authorization(user=views.user(bot, is_self=True))


async def export_authorization(call: Call) -> TL:
    """Handle auth.exportAuthorization: a login goes along to another data centre."""
    if call.query.dc_id == call.dc_id or call.query.dc_id not in call.desk.centres:
        raise bad_request("DC_ID_INVALID")
    number, secret = secrets.randbits(62), secrets.token_bytes(16)
    call.desk.passes[number] = Pass(call.user_id, call.query.dc_id, secret)
    return types.auth.ExportedAuthorization(id=number, bytes=secret)


async def import_authorization(call: Call) -> TL:
    """Handle auth.importAuthorization; each is good for once."""
    found = call.desk.passes.pop(call.query.id, None)
    if found is None or (found.dc_id, found.secret) != (call.dc_id, call.query.bytes):
        raise bad_request("AUTH_BYTES_INVALID")
    call.session.auth.user_id = found.user_id
    return types.auth.Authorization(user=views.user(call.desk.world.user(found.user_id), is_self=True))


async def log_out(call: Call) -> TL:
    """Handle auth.logOut."""
    call.session.auth.user_id = None
    return types.auth.LoggedOut()


def check_application(call: Call) -> None:
    """Refuse a client that shows another pair than ours.

    Raises:
        Refusal: API_ID_INVALID.
    """
    application = call.desk.application
    if (call.query.api_id, call.query.api_hash) != (application.api_id, application.api_hash):
        raise bad_request("API_ID_INVALID")
