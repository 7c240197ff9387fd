"""How one logs in to the emulated Instagram, with a second factor or without."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from fetchgram_sandbox.web.instagram.accounts import CODE, Account
from fetchgram_sandbox.web.instagram.troubles import Trouble, failed

_DOMAIN = ".instagram.com"


def answer_password(accounts: Mapping[str, Account], form: Mapping[str, str]) -> web.StreamResponse:
    """Answer a name and a password, which comes behind a prefix with a time."""
    account = accounts.get(form.get("username", ""))
    password = form.get("enc_password", "").rpartition(":")[2]
    if account is None or password != account.password:
        return web.json_response({"authenticated": False, "user": account is not None, "status": "ok"})
    if account.trouble is Trouble.CHECKPOINT:
        return failed(HTTPStatus.BAD_REQUEST, "checkpoint_required", checkpoint_url="/challenge/sandbox/")
    if account.has_second_factor:
        details = {"two_factor_identifier": f"second-{account.username}", "username": account.username}
        return failed(HTTPStatus.BAD_REQUEST, "", two_factor_required=True, two_factor_info=details)
    return _welcome(account)


def answer_code(accounts: Mapping[str, Account], form: Mapping[str, str]) -> web.StreamResponse:
    """Answer the code of the second factor."""
    account = accounts.get(form.get("username", ""))
    is_begun = account is not None and form.get("identifier") == f"second-{account.username}"
    if account is None or not is_begun or form.get("verificationCode") != CODE:
        return failed(HTTPStatus.BAD_REQUEST, "Please check the security code and try again.")
    return _welcome(account)


def _welcome(account: Account) -> web.StreamResponse:
    answer = {"authenticated": True, "user": True, "userId": account.user_id, "status": "ok"}
    response = web.json_response(answer)
    for name, value in account.cookies.items():
        response.set_cookie(name, value, domain=_DOMAIN)
    return response
