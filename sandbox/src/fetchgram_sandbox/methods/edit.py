"""The methods that change or delete messages."""

from __future__ import annotations

from dataclasses import replace

from fetchgram_sandbox.account import Account
from fetchgram_sandbox.errors import bad_request
from fetchgram_sandbox.methods import content
from fetchgram_sandbox.methods.attach import take_file
from fetchgram_sandbox.methods.send import ITEM_FIELDS
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.params import Params, required
from fetchgram_sandbox.wire import message_json

_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
_EDITABLE_KINDS = frozenset({"animation", "audio", "document", "photo", "video"})
_MOST_DELETED = 100


def edit_text(account: Account, params: Params) -> object:
    """Handle editMessageText."""
    message = _message_to_edit(account, params)
    required(params, "text")
    if message.file is not None or message.poll is not None:
        raise bad_request("there is no text in the message to edit")
    text, entities = content.message_text(account, params)
    changed = replace(message, text=text, entities=entities, link_preview=params.mapping("link_preview_options"))
    return _revise(account, params, message, changed)


def edit_caption(account: Account, params: Params) -> object:
    """Handle editMessageCaption."""
    message = _message_to_edit(account, params)
    if message.file is None:
        raise bad_request("there is no caption in the message to edit")
    text, entities = content.caption(account, params)
    above = params.flag("show_caption_above_media")
    return _revise(account, params, message, replace(message, text=text, entities=entities, caption_above=above))


def edit_media(account: Account, params: Params) -> object:
    """Handle editMessageMedia."""
    message = _message_to_edit(account, params)
    item = params.child(params.mapping("media"))
    item.allow(ITEM_FIELDS, "editMessageMedia media")
    kind = item.text("type")
    if kind not in _EDITABLE_KINDS:
        raise bad_request(f"can't parse InputMedia: unknown type {kind!r}")
    text, entities = content.caption(account, item)
    if params.has("inline_message_id") and item.upload("media") is not None:
        # See core.telegram.org/bots/api#editmessagemedia: no new file for an inline message.
        raise bad_request("wrong file identifier/HTTP URL specified")
    file = take_file(account, item, "media", kind)
    spoiler, above = item.flag("has_spoiler"), item.flag("show_caption_above_media")
    changed = replace(message, text=text, entities=entities, file=file, has_spoiler=spoiler, caption_above=above)
    return _revise(account, params, message, changed)


def edit_keyboard(account: Account, params: Params) -> object:
    """Handle editMessageReplyMarkup."""
    message = _message_to_edit(account, params)
    return _revise(account, params, message, message)


def _message_to_edit(account: Account, params: Params) -> Message:
    if params.has("inline_message_id"):
        place = account.world.inline_messages.get(params.text("inline_message_id"))
        message = account.world.find_message(*place) if place else None
        if message is None:
            raise bad_request("MESSAGE_ID_INVALID")
        return message
    chat = account.writable_chat(params)
    message = account.world.find_message(chat.id, params.integer("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if message.sender_id != account.world.bot.id:
        raise bad_request("message can't be edited")
    return message


def _revise(account: Account, params: Params, before: Message, changed: Message) -> object:
    changed = replace(changed, keyboard=content.keyboard(params, account.limits))
    if changed == before:
        raise bad_request(_NOT_MODIFIED)
    account.spend_edit(changed.chat_id)
    revised = account.world.revise(changed)
    return True if params.has("inline_message_id") else message_json(account.world, revised)


def delete_message(account: Account, params: Params) -> object:
    """Handle deleteMessage."""
    chat = account.writable_chat(params)
    message = account.world.find_message(chat.id, params.integer("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    if not _may_delete(account, message):
        raise bad_request("message can't be deleted")
    account.world.remove(chat.id, message.message_id)
    return True


def delete_messages(account: Account, params: Params) -> object:
    """Handle deleteMessages; those that cannot be found or deleted are skipped."""
    chat = account.writable_chat(params)
    ids = params.integers("message_ids")
    if not 1 <= len(ids) <= _MOST_DELETED:
        raise bad_request("message identifiers are not specified" if not ids else "too many message identifiers")
    for message_id in ids:
        message = account.world.find_message(chat.id, message_id)
        if message is not None and _may_delete(account, message):
            account.world.remove(chat.id, message_id)
    return True


def _may_delete(account: Account, message: Message) -> bool:
    # See core.telegram.org/bots/api#deletemessage
    world = account.world
    if world.clock() - message.date > account.limits.delete_s:
        return False
    is_private = world.chats[message.chat_id].type == "private"
    is_admin = world.status(message.chat_id, world.bot.id) == "administrator"
    return is_private or is_admin or message.sender_id == world.bot.id
