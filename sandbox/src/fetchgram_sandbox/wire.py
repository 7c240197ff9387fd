"""The world's data as objects of the Bot API."""

from __future__ import annotations

from fetchgram_sandbox import fileids
from fetchgram_sandbox.objects import CallbackQuery as Query
from fetchgram_sandbox.objects import Chat, Entity, InlineQuery, Json, Message, Poll, StoredFile, User
from fetchgram_sandbox.world import World


def user_json(user: User) -> Json:
    """Build a User."""
    result: Json = {"id": user.id, "is_bot": user.is_bot, "first_name": user.first_name}
    if user.last_name:
        result["last_name"] = user.last_name
    if user.username:
        result["username"] = user.username
    if not user.is_bot:
        result["language_code"] = user.language_code
    return result


def chat_json(world: World, chat: Chat) -> Json:
    """Build a Chat."""
    result: Json = {"id": chat.id, "type": chat.type}
    if chat.type == "private":
        user = world.people[chat.id]
        result["first_name"] = user.first_name
        result |= {key: value for key in ("last_name", "username") if (value := getattr(user, key))}
    else:
        result["title"] = chat.title
        result |= {"username": chat.username} if chat.username else {}
    if chat.is_forum:
        result["is_forum"] = True
    return result


def entity_json(entity: Entity) -> Json:
    """Build a MessageEntity."""
    return {"type": entity.type, "offset": entity.offset, "length": entity.length, **dict(entity.extra)}


def message_json(world: World, message: Message, *, with_reply: bool = True) -> Json:
    """Build a Message; a message that it answers is included once, as Telegram does."""
    result: Json = {
        "message_id": message.message_id,
        "from": user_json(world.user(message.sender_id)),
        "chat": chat_json(world, world.chats[message.chat_id]),
        "date": message.date,
        **_content(message),
        **_extras(world, message),
    }
    reply = world.find_message(message.chat_id, message.reply_to_id)
    if with_reply and reply is not None:
        result["reply_to_message"] = message_json(world, reply, with_reply=False)
    return result


def _content(message: Message) -> Json:
    if message.poll is not None:
        return {"poll": poll_json(message.poll)}
    entities = [entity_json(entity) for entity in message.entities]
    if message.file is None:
        result: Json = {"text": message.text}
        return result | ({"entities": entities} if entities else {})
    result = file_fields(message.file)
    if message.text:
        result["caption"] = message.text
    if entities:
        result["caption_entities"] = entities
    if message.has_spoiler:
        result["has_media_spoiler"] = True
    if message.caption_above:
        result["show_caption_above_media"] = True
    return result


def _extras(world: World, message: Message) -> Json:
    result: Json = {}
    if message.topic_id is not None:
        result |= {"message_thread_id": message.topic_id, "is_topic_message": True}
    result |= {
        name: value
        for name, value in (
            ("media_group_id", message.album_id),
            ("edit_date", message.edit_date),
            ("has_protected_content", message.is_protected or None),
            ("link_preview_options", message.link_preview),
        )
        if value is not None
    }
    if message.via_bot_id is not None:
        result["via_bot"] = user_json(world.user(message.via_bot_id))
    if message.origin is not None:
        sender = user_json(world.user(message.origin.sender_id))
        result["forward_origin"] = {"type": "user", "date": message.origin.date, "sender_user": sender}
    if message.keyboard:
        result["reply_markup"] = {"inline_keyboard": [[button.raw for button in row] for row in message.keyboard]}
    return result


def file_fields(file: StoredFile) -> Json:
    """Build the fields of a Message that hold a file."""
    if file.kind == "photo":
        return {"photo": [photo_size_json(file)]}
    if file.kind == "animation":
        # An animation is shown to old clients as a document (core.telegram.org/bots/api#message).
        return {"animation": _media_json(file), "document": _document_json(file)}
    if file.kind == "document":
        return {"document": _document_json(file)}
    if file.kind == "sticker":
        return {"sticker": _sticker_json(file)}
    return {file.kind: _media_json(file)}


def poll_json(poll: Poll) -> Json:
    """Build a Poll that nobody has voted in."""
    options = [{"persistent_id": str(n), "text": option, "voter_count": 0} for n, option in enumerate(poll.options)]
    result: Json = {
        "id": poll.id,
        "question": poll.question,
        "options": options,
        "total_voter_count": 0,
        "type": "quiz" if poll.is_quiz else "regular",
        **dict.fromkeys(("is_closed", "allows_multiple_answers", "allows_revoting", "members_only"), False),
        "is_anonymous": True,
    }
    return result if poll.right is None else result | {"correct_option_ids": [poll.right]}


def photo_size_json(file: StoredFile) -> Json:
    """Build a PhotoSize."""
    return {**_ids(file), "width": file.width_px, "height": file.height_px, "file_size": file.size_bytes}


def _media_json(file: StoredFile) -> Json:
    result: Json = {**_ids(file), "duration": file.duration_s, "file_size": file.size_bytes}
    if file.kind == "video_note":
        return result | {"length": min(file.width_px, file.height_px)} | _thumbnail(file)
    result["mime_type"] = file.mime
    if file.kind == "voice":
        return result
    if file.name:
        result["file_name"] = file.name
    if file.kind == "audio":
        result |= {key: value for key in ("title", "performer") if (value := getattr(file, key))}
    else:
        result |= {"width": file.width_px, "height": file.height_px}
    return result | _thumbnail(file)


def _sticker_json(file: StoredFile) -> Json:
    shape: Json = {"type": "regular", "width": file.width_px, "height": file.height_px}
    return {**_ids(file), **shape, "is_animated": False, "is_video": False, "file_size": file.size_bytes}


def _document_json(file: StoredFile) -> Json:
    result: Json = {**_ids(file), "mime_type": file.mime, "file_size": file.size_bytes}
    if file.name:
        result["file_name"] = file.name
    return result | _thumbnail(file)


def _thumbnail(file: StoredFile) -> Json:
    return {} if file.thumbnail is None else {"thumbnail": photo_size_json(file.thumbnail)}


def _ids(file: StoredFile) -> Json:
    return {
        "file_id": fileids.encode(file.kind, file.number, file.dc_id),
        "file_unique_id": fileids.encode_unique(file.kind, file.number),
    }


def callback_query_json(world: World, query: Query) -> Json:
    """Build a CallbackQuery."""
    result: Json = {"id": query.id, "from": user_json(world.user(query.person_id)), "data": query.data}
    if query.inline_message_id is not None:
        return result | {"inline_message_id": query.inline_message_id, "chat_instance": query.inline_message_id}
    if query.message is not None:
        message = world.find_message(query.message.chat_id, query.message.message_id) or query.message
        result |= {"message": message_json(world, message), "chat_instance": str(abs(message.chat_id))}
    return result


def inline_query_json(world: World, query: InlineQuery) -> Json:
    """Build an InlineQuery."""
    chat_type = "sender" if query.chat_type == "private" else query.chat_type
    user = user_json(world.user(query.person_id))
    return {"id": query.id, "from": user, "query": query.text, "offset": "", "chat_type": chat_type}


_ADMIN_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
)


def member_json(user: User, status: str) -> Json:
    """Build a ChatMember with a status."""
    result: Json = {"status": status, "user": user_json(user)}
    if status == "kicked":
        result["until_date"] = 0
    elif status == "creator":
        result["is_anonymous"] = False
    elif status == "administrator":
        result |= dict.fromkeys(_ADMIN_RIGHTS, False) | {"can_manage_chat": True, "can_delete_messages": True}
    return result
