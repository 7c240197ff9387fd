"""The Bot API methods that are emulated, each with exactly the parameters that it acts on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

from fetchgram_sandbox.account import Account
from fetchgram_sandbox.methods import bot, chats, copying, edit, send
from fetchgram_sandbox.params import Params

Handler: TypeAlias = Callable[[Account, Params], object | Awaitable[object]]

_PLACE = "chat_id message_thread_id disable_notification protect_content"
_NEW = f"{_PLACE} allow_paid_broadcast reply_parameters reply_markup"
_CAPTION = "caption caption_entities"
_SHOWN = "show_caption_above_media has_spoiler"
_EDITED = "chat_id message_id inline_message_id reply_markup"


@dataclass(frozen=True, slots=True)
class Method:
    """One method and the names of its parameters."""

    handle: Handler
    params: frozenset[str]


def _method(handle: Handler, params: str = "") -> Method:
    return Method(handle, frozenset(params.split()))


def _file(kind: str, params: str) -> Method:
    return _method(partial(send.send_file, kind=kind), f"{_NEW} {_CAPTION} {kind} {params}")


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "getMe": _method(bot.get_me),
        "getUpdates": _method(bot.get_updates, "offset limit timeout allowed_updates"),
        "deleteWebhook": _method(bot.delete_webhook, "drop_pending_updates"),
        "setWebhook": _method(bot.set_webhook, "url drop_pending_updates allowed_updates"),
        "getWebhookInfo": _method(bot.get_webhook_info),
        "setMyCommands": _method(bot.set_my_commands, "commands scope language_code"),
        "getMyCommands": _method(bot.get_my_commands, "scope language_code"),
        "deleteMyCommands": _method(bot.delete_my_commands, "scope language_code"),
        "setMyName": _method(partial(bot.set_profile, name="name"), "name language_code"),
        "setMyDescription": _method(partial(bot.set_profile, name="description"), "description language_code"),
        "setMyShortDescription": _method(
            partial(bot.set_profile, name="short_description"), "short_description language_code"
        ),
        "answerCallbackQuery": _method(bot.answer_callback_query, "callback_query_id text show_alert url cache_time"),
        "answerInlineQuery": _method(
            bot.answer_inline_query, "inline_query_id results cache_time is_personal next_offset button"
        ),
        "getFile": _method(bot.get_file, "file_id"),
        "sendMessage": _method(send.send_message, f"{_NEW} text entities link_preview_options"),
        "sendVideo": _file("video", f"{_SHOWN} width height duration thumbnail supports_streaming"),
        "sendAnimation": _file("animation", f"{_SHOWN} width height duration thumbnail"),
        "sendAudio": _file("audio", "duration performer title thumbnail"),
        "sendVoice": _file("voice", "duration"),
        "sendVideoNote": _file("video_note", "duration length thumbnail"),
        "sendPhoto": _file("photo", _SHOWN),
        "sendDocument": _file("document", "thumbnail disable_content_type_detection"),
        "sendMediaGroup": _method(send.send_media_group, f"{_PLACE} allow_paid_broadcast reply_parameters media"),
        "sendChatAction": _method(send.send_chat_action, "chat_id message_thread_id action"),
        "copyMessage": _method(
            copying.copy_message, f"{_NEW} {_CAPTION} from_chat_id message_id show_caption_above_media"
        ),
        "copyMessages": _method(copying.copy_messages, f"{_PLACE} from_chat_id message_ids remove_caption"),
        "forwardMessage": _method(copying.forward_message, f"{_PLACE} from_chat_id message_id"),
        "forwardMessages": _method(copying.forward_messages, f"{_PLACE} from_chat_id message_ids"),
        "editMessageText": _method(edit.edit_text, f"{_EDITED} text entities link_preview_options"),
        "editMessageCaption": _method(edit.edit_caption, f"{_EDITED} {_CAPTION} show_caption_above_media"),
        "editMessageMedia": _method(edit.edit_media, f"{_EDITED} media"),
        "editMessageReplyMarkup": _method(edit.edit_keyboard, _EDITED),
        "deleteMessage": _method(edit.delete_message, "chat_id message_id"),
        "deleteMessages": _method(edit.delete_messages, "chat_id message_ids"),
        "getChat": _method(chats.get_chat, "chat_id"),
        "getChatMember": _method(chats.get_chat_member, "chat_id user_id"),
        "getChatAdministrators": _method(chats.get_chat_administrators, "chat_id"),
        "getChatMemberCount": _method(chats.get_chat_member_count, "chat_id"),
        "setMessageReaction": _method(chats.set_message_reaction, "chat_id message_id reaction is_big"),
        "pinChatMessage": _method(chats.pin_chat_message, "chat_id message_id disable_notification"),
        "unpinChatMessage": _method(chats.unpin_chat_message, "chat_id message_id"),
    }
)
