"""The methods that put a new message into a chat."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fetchgram_sandbox.account import Account
from fetchgram_sandbox.errors import bad_request
from fetchgram_sandbox.happenings import ActionShown
from fetchgram_sandbox.methods import content
from fetchgram_sandbox.methods.attach import take_file
from fetchgram_sandbox.objects import Chat, Json, Message
from fetchgram_sandbox.params import Params, required
from fetchgram_sandbox.wire import message_json

# See core.telegram.org/bots/api#sendchataction
_ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)
# See core.telegram.org/bots/api#sendmediagroup: audio and documents only among their kind, no animations.
_ALBUM_KINDS = frozenset({"photo", "video", "audio", "document"})
_FEWEST_ALBUM_ITEMS = 2
ITEM_FIELDS = [
    "type",
    "media",
    "caption",
    "caption_entities",
    "show_caption_above_media",
    "has_spoiler",
    "width",
    "height",
    "duration",
    "supports_streaming",
    "title",
    "performer",
    "thumbnail",
    "disable_content_type_detection",
]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a new message goes."""

    chat: Chat
    topic_id: int | None
    reply_to_id: int | None
    is_protected: bool
    is_paid: bool = False

    def draft(self, account: Account) -> Message:
        """Return an empty message of the bot for this place."""
        return Message(
            chat_id=self.chat.id,
            message_id=0,
            sender_id=account.world.bot.id,
            date=0,
            topic_id=self.topic_id,
            reply_to_id=self.reply_to_id,
            is_protected=self.is_protected,
        )


def target(account: Account, params: Params) -> Target:
    """Return where a call wants to write.

    Raises:
        ApiError: The chat, the topic or the message to answer is not there.
    """
    chat = account.writable_chat(params)
    topic_id = params.integer("message_thread_id")
    if topic_id is not None and topic_id not in account.world.topics[chat.id]:
        raise bad_request("message thread not found")
    reply_to_id = _reply_to_id(account, params, chat)
    return Target(chat, topic_id, reply_to_id, params.flag("protect_content"), params.flag("allow_paid_broadcast"))


def _reply_to_id(account: Account, params: Params, chat: Chat) -> int | None:
    value = params.mapping("reply_parameters")
    if value is None:
        return None
    reply = params.child(value)
    message_id = reply.integer("message_id")
    if account.world.find_message(chat.id, message_id) is not None:
        return message_id
    if reply.flag("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def post(account: Account, place: Target, *drafts: Message) -> list[Json]:
    """Put messages into a chat within the rates."""
    account.spend(place.chat, len(drafts), paid=place.is_paid)
    return [message_json(account.world, account.world.post(draft)) for draft in drafts]


def send_message(account: Account, params: Params) -> object:
    """Handle sendMessage."""
    place = target(account, params)
    text, entities = content.message_text(account, params)
    draft = replace(
        place.draft(account),
        text=text,
        entities=entities,
        keyboard=content.keyboard(params, account.limits),
        link_preview=params.mapping("link_preview_options"),
    )
    return post(account, place, draft)[0]


def send_file(account: Account, params: Params, kind: str) -> object:
    """Handle sendVideo, sendAudio, sendPhoto and the other methods with one file."""
    place = target(account, params)
    required(params, kind)
    draft = _with_caption(account, params, place.draft(account))
    draft = replace(draft, keyboard=content.keyboard(params, account.limits))
    return post(account, place, replace(draft, file=take_file(account, params, kind, kind)))[0]


def _with_caption(account: Account, params: Params, draft: Message) -> Message:
    text, entities = content.caption(account, params)
    return replace(
        draft,
        text=text,
        entities=entities,
        has_spoiler=params.flag("has_spoiler"),
        caption_above=params.flag("show_caption_above_media"),
    )


def send_media_group(account: Account, params: Params) -> object:
    """Handle sendMediaGroup."""
    place = target(account, params)
    items = [params.child(value) for value in params.sequence("media")]
    _check_album(items, account.limits.album_items)
    album_id = account.world.new_id()
    drafts = []
    for item in items:
        item.allow(ITEM_FIELDS, "sendMediaGroup item")
        draft = replace(_with_caption(account, item, place.draft(account)), album_id=album_id)
        drafts.append(replace(draft, file=take_file(account, item, "media", item.text("type"))))
    return post(account, place, *drafts)


def _check_album(items: list[Params], most: int) -> None:
    if not items:
        raise bad_request("there are no messages to send")
    if not _FEWEST_ALBUM_ITEMS <= len(items) <= most:
        raise bad_request("wrong number of messages in the album: there must be 2-10 items")
    kinds = {item.text("type") for item in items}
    if unknown := kinds - _ALBUM_KINDS:
        raise bad_request(f"can't parse InputMedia: type {min(unknown)!r} can't be used in an album")
    if len(kinds) > 1 and kinds != {"photo", "video"}:
        mixed = min(kinds & {"audio", "document"})
        raise bad_request(f"{mixed} can't be mixed with other media types")


def send_chat_action(account: Account, params: Params) -> object:
    """Handle sendChatAction."""
    chat = account.writable_chat(params)
    action = params.text("action")
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    account.world.emit(ActionShown(chat.id, action))
    return True
