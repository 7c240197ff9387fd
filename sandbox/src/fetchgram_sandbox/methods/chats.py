"""The methods about chats and their members, reactions and pins."""

from __future__ import annotations

from fetchgram_sandbox.account import Account
from fetchgram_sandbox.errors import bad_request
from fetchgram_sandbox.happenings import Reacted
from fetchgram_sandbox.objects import Json, Message
from fetchgram_sandbox.params import Params, required
from fetchgram_sandbox.wire import chat_json, member_json, message_json

_ADMINS = ("creator", "administrator")
_MOST_REACTIONS = 11


def get_chat(account: Account, params: Params) -> object:
    """Handle getChat."""
    chat = account.chat(params)
    result: Json = {
        **chat_json(account.world, chat),
        "accent_color_id": 0,
        "max_reaction_count": _MOST_REACTIONS,
        "accepted_gift_types": dict.fromkeys(
            ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
        ),
    }
    pins = account.world.pins[chat.id]
    if pins and (pinned := account.world.find_message(chat.id, pins[-1])):
        result["pinned_message"] = message_json(account.world, pinned)
    return result


def get_chat_member(account: Account, params: Params) -> object:
    """Handle getChatMember."""
    chat = account.chat(params)
    user_id = params.number("user_id", 0)
    try:
        user = account.world.user(user_id)
    except LookupError as error:
        raise bad_request("invalid user_id specified") from error
    return member_json(user, account.world.status(chat.id, user_id))


def get_chat_administrators(account: Account, params: Params) -> object:
    """Handle getChatAdministrators."""
    chat = account.chat(params)
    if chat.type == "private":
        raise bad_request("there are no administrators in the private chat")
    members = ((user_id, account.world.status(chat.id, user_id)) for user_id in account.world.members(chat.id))
    bot_id = account.world.bot.id
    return [
        member_json(account.world.user(user_id), status)
        for user_id, status in members
        if status in _ADMINS and user_id != bot_id
    ]


def get_chat_member_count(account: Account, params: Params) -> object:
    """Handle getChatMemberCount."""
    return len(account.world.members(account.chat(params).id))


def set_message_reaction(account: Account, params: Params) -> object:
    """Handle setMessageReaction."""
    message = _message(account, params, "message to react not found")
    reactions = [params.child(value) for value in params.sequence("reaction")]
    if len(reactions) > 1:
        # See core.telegram.org/bots/api#setmessagereaction: a bot sets at most one.
        raise bad_request("REACTIONS_TOO_MANY")
    shown: tuple[Json, ...] = tuple(dict(reaction.shown()) for reaction in reactions)
    account.world.emit(Reacted(message.chat_id, message.message_id, shown))
    return True


def pin_chat_message(account: Account, params: Params) -> object:
    """Handle pinChatMessage."""
    message = _message(account, params, "message to pin not found")
    _need_rights(account, message.chat_id, "pin a message")
    account.world.pins[message.chat_id].append(message.message_id)
    return True


def unpin_chat_message(account: Account, params: Params) -> object:
    """Handle unpinChatMessage."""
    chat = account.writable_chat(params)
    _need_rights(account, chat.id, "unpin a message")
    pins = account.world.pins[chat.id]
    message_id = params.integer("message_id") or (pins[-1] if pins else None)
    if message_id not in pins:
        raise bad_request("message to unpin not found")
    pins.remove(message_id)
    return True


def _need_rights(account: Account, chat_id: int, what: str) -> None:
    world = account.world
    if world.chats[chat_id].type != "private" and world.status(chat_id, world.bot.id) not in _ADMINS:
        raise bad_request(f"not enough rights to {what}")


def _message(account: Account, params: Params, missing: str) -> Message:
    chat = account.writable_chat(params)
    required(params, "message_id")
    message = account.world.find_message(chat.id, params.integer("message_id"))
    if message is None:
        raise bad_request(missing)
    return message
