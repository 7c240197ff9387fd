"""The methods by which a person comes in: phone number, code, password."""

from __future__ import annotations

import asyncio
import secrets

from pyrogram.raw import types

from fetchgram_sandbox.mtproto import views
from fetchgram_sandbox.mtproto.answers import TL
from fetchgram_sandbox.mtproto.desk import Call
from fetchgram_sandbox.mtproto.methods.login import check_application

_CODE_DIGITS = 5


async def send_code(call: Call) -> TL:
    """Handle auth.sendCode: the code reaches the person inside Telegram."""
    check_application(call)
    code_hash = call.desk.phones.send_code(call.session.auth.id, call.query.phone_number, call.dc_id)
    return types.auth.SentCode(type=types.auth.SentCodeTypeApp(length=_CODE_DIGITS), phone_code_hash=code_hash)


async def sign_in(call: Call) -> TL:
    """Handle auth.signIn."""
    query = call.query
    return _logged_in(call, call.desk.phones.sign_in(call.session.auth.id, query.phone_code_hash, query.phone_code))


async def get_password(call: Call) -> TL:
    """Handle account.getPassword, of who is about to log in."""
    verifier, challenge = await asyncio.to_thread(call.desk.phones.challenge, call.session.auth.id)
    algorithm = types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(
        salt1=verifier.salt1, salt2=verifier.salt2, g=verifier.g, p=verifier.p
    )
    return types.account.Password(
        has_password=True,
        current_algo=algorithm,
        srp_B=challenge.public,
        srp_id=challenge.id,
        hint="the sandbox's",
        new_algo=algorithm,
        new_secure_algo=types.SecurePasswordKdfAlgoUnknown(),
        secure_random=secrets.token_bytes(16),
    )


async def check_password(call: Call) -> TL:
    """Handle auth.checkPassword."""
    given, phones = call.query.password, call.desk.phones
    user_id = await asyncio.to_thread(phones.check_password, call.session.auth.id, given.srp_id, given.A, given.M1)
    return _logged_in(call, user_id)


def _logged_in(call: Call, user_id: int) -> TL:
    call.session.auth.user_id = user_id
    is_premium = call.desk.phones.is_premium(user_id)
    user = views.user(call.desk.world.user(user_id), is_self=True, is_premium=is_premium)
    return types.auth.Authorization(user=user)
