"""The methods about the bot itself: identity, updates, commands, answers to queries, files."""

from __future__ import annotations

import json

from fetchgram_sandbox import fileids, utf16
from fetchgram_sandbox.account import Account
from fetchgram_sandbox.errors import bad_request
from fetchgram_sandbox.happenings import InlineAnswered, QueryAnswered
from fetchgram_sandbox.objects import Json, StoredFile
from fetchgram_sandbox.params import Params
from fetchgram_sandbox.wire import user_json

# See core.telegram.org/bots/api#setmycommands and #botcommand
_MOST_COMMANDS = 100
_MOST_INLINE_RESULTS = 50
_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


def get_me(account: Account, _params: Params) -> object:
    """Handle getMe."""
    return {
        **user_json(account.world.bot),
        "can_join_groups": True,
        "can_read_all_group_messages": account.reads_all,
        "supports_inline_queries": True,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def get_updates(account: Account, params: Params) -> object:
    """Handle getUpdates."""
    allowed = [str(kind) for kind in params.sequence("allowed_updates")] if params.has("allowed_updates") else None
    return await account.updates.take(
        offset=params.number("offset", 0),
        limit=params.number("limit", 100),
        timeout_s=params.number("timeout", 0),
        allowed=allowed,
    )


def delete_webhook(account: Account, params: Params) -> object:
    """Handle deleteWebhook."""
    if params.flag("drop_pending_updates"):
        account.updates.clear()
    return True


def set_webhook(_account: Account, params: Params) -> object:
    """Handle setWebhook: only an empty address, which deletes the webhook, is emulated."""
    if params.text("url"):
        raise bad_request("WEBHOOK_NOT_EMULATED: poll with getUpdates")
    return True


def get_webhook_info(account: Account, _params: Params) -> object:
    """Handle getWebhookInfo."""
    info: Json = {"url": "", "has_custom_certificate": False, "pending_update_count": len(account.updates)}
    if account.updates.allowed:
        info["allowed_updates"] = list(account.updates.allowed)
    return info


def set_my_commands(account: Account, params: Params) -> object:
    """Handle setMyCommands."""
    commands = params.sequence("commands")
    if len(commands) > _MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for value in commands:
        _check_command(params.child(value))
    account.commands[_scope(params)] = commands
    return True


def _check_command(command: Params) -> None:
    name, text = command.text("command"), command.text("description")
    is_name = name.isascii() and name.replace("_", "").isalnum() and name == name.lower() and len(name) <= 32  # noqa: PLR2004 - the source is #botcommand
    if not is_name:
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(text) <= 256:  # noqa: PLR2004 - the source is #botcommand
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")


def get_my_commands(account: Account, params: Params) -> object:
    """Handle getMyCommands."""
    return account.commands.get(_scope(params), [])


def delete_my_commands(account: Account, params: Params) -> object:
    """Handle deleteMyCommands."""
    account.commands.pop(_scope(params), None)
    return True


def _scope(params: Params) -> str:
    scope = params.mapping("scope") or {"type": "default"}
    return json.dumps([scope, params.text("language_code")], sort_keys=True)


def set_profile(account: Account, params: Params, name: str) -> object:
    """Handle setMyName, setMyDescription and setMyShortDescription."""
    account.profile[name] = params.text(name)
    return True


def answer_callback_query(account: Account, params: Params) -> object:
    """Handle answerCallbackQuery."""
    query = account.queries.get(params.text("callback_query_id"))
    if query is None or account.world.clock() - query.asked_at > account.limits.query_answer_s:
        raise bad_request(_TOO_OLD)
    text = params.text("text")
    if utf16.length(text) > account.limits.answer_units:
        raise bad_request("MESSAGE_TOO_LONG")
    del account.queries[query.id]
    account.world.emit(QueryAnswered(query, text, alert=params.flag("show_alert"), url=params.text("url")))
    return True


def answer_inline_query(account: Account, params: Params) -> object:
    """Handle answerInlineQuery."""
    query = account.inline_queries.get(params.text("inline_query_id"))
    if query is None or account.world.clock() - query.asked_at > account.limits.query_answer_s:
        raise bad_request(_TOO_OLD)
    results = tuple(value for value in params.sequence("results") if isinstance(value, dict))
    if len(results) > _MOST_INLINE_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    del account.inline_queries[query.id]
    account.world.emit(InlineAnswered(query, results))
    return True


def get_file(account: Account, params: Params) -> object:
    """Handle getFile."""
    try:
        file = account.world.files.find(params.text("file_id"))
    except LookupError as error:
        raise bad_request("invalid file_id") from error
    if file.size_bytes > account.limits.download_bytes:
        raise bad_request("file is too big")
    return {
        "file_id": params.text("file_id"),
        "file_unique_id": fileids.encode_unique(file.kind, file.number),
        "file_size": file.size_bytes,
        "file_path": str(file.path) if account.limits.is_local_server else file_path(file),
    }


def file_path(file: StoredFile) -> str:
    """Return where a file is below `/file/bot<token>/`."""
    return f"{file.kind}s/{file.path.name}"
