"""The world's people, chats, messages and files in the words of MTProto."""

from __future__ import annotations

from collections.abc import Iterable

from pyrogram.raw import types

from fetchgram_sandbox import fileids
from fetchgram_sandbox.mtproto.answers import TL
from fetchgram_sandbox.objects import Button, Chat, Entity, Message, StoredFile, User
from fetchgram_sandbox.world import World

_CHANNEL_IDS = 1_000_000_000_000
"""core.telegram.org/api/bots/ids: a supergroup's id in the Bot API is this and its own, negative."""
_ENTITIES = {
    "mention": types.MessageEntityMention,
    "hashtag": types.MessageEntityHashtag,
    "cashtag": types.MessageEntityCashtag,
    "bot_command": types.MessageEntityBotCommand,
    "url": types.MessageEntityUrl,
    "email": types.MessageEntityEmail,
    "phone_number": types.MessageEntityPhone,
    "bold": types.MessageEntityBold,
    "italic": types.MessageEntityItalic,
    "underline": types.MessageEntityUnderline,
    "strikethrough": types.MessageEntityStrike,
    "spoiler": types.MessageEntitySpoiler,
    "code": types.MessageEntityCode,
}
_RIGHTS = types.ChatAdminRights(post_messages=True, edit_messages=True, delete_messages=True, other=True)
ENTITY_NAMES = {kind: name for name, kind in _ENTITIES.items()}


def user(account: User, *, is_self: bool = False, is_premium: bool = False) -> TL:
    """Build a user."""
    return types.User(
        id=account.id,
        access_hash=fileids.hash_of(account.id),
        first_name=account.first_name,
        last_name=account.last_name or None,
        username=account.username or None,
        bot=account.is_bot or None,
        bot_info_version=1 if account.is_bot else None,
        is_self=is_self or None,
        premium=is_premium or None,
    )


def chat(world: World, place: Chat, *, seen_by: int | None = None) -> TL:
    """Build a group; for who sees it, with what they may do there."""
    if place.type == "supergroup":
        status = world.status(place.id, seen_by) if seen_by is not None else ""
        number = channel_number(place.id)
        return types.Channel(
            id=number,
            access_hash=fileids.hash_of(number),
            title=place.title,
            username=place.username or None,
            photo=types.ChatPhotoEmpty(),
            date=0,
            megagroup=True,
            forum=place.is_forum or None,
            noforwards=place.is_protected or None,
            creator=status == "creator" or None,
            admin_rights=_RIGHTS if status == "administrator" else None,
        )
    members = len(world.members(place.id))
    return types.Chat(
        id=-place.id,
        title=place.title,
        photo=types.ChatPhotoEmpty(),
        participants_count=members,
        date=0,
        version=1,
    )


def channel_number(chat_id: int) -> int:
    """Return a supergroup's own number."""
    return -chat_id - _CHANNEL_IDS


def channel_chat_id(number: int) -> int:
    """Return the id that the Bot API uses for a supergroup."""
    return -(_CHANNEL_IDS + number)


def peer(world: World, place: Chat, *, seen_by: int) -> TL:
    """Build the peer of a chat: a private one is named by the other side."""
    if place.type == "supergroup":
        return types.PeerChannel(channel_id=channel_number(place.id))
    if place.type == "group":
        return types.PeerChat(chat_id=-place.id)
    # The private chat of a person and the bot; the person sees the bot in it.
    return types.PeerUser(user_id=world.bot.id if seen_by == place.id else place.id)


def message(world: World, posted: Message, *, seen_by: int) -> TL:
    """Build a message as somebody sees it."""
    place = world.chats[posted.chat_id]
    return types.Message(
        id=posted.message_id,
        out=posted.sender_id == seen_by or None,
        peer_id=peer(world, place, seen_by=seen_by),
        from_id=types.PeerUser(user_id=posted.sender_id),
        date=posted.date,
        message=posted.text,
        media=media(posted) if posted.file else None,
        entities=[_entity(entity) for entity in posted.entities if entity.type in (*_ENTITIES, "text_link")] or None,
        reply_markup=_keyboard(posted) if posted.keyboard else None,
        grouped_id=int(posted.album_id) if posted.album_id else None,
        edit_date=posted.edit_date,
        reply_to=_reply(posted),
        noforwards=posted.is_protected or None,
    )


def new_message(world: World, posted: Message, *, seen_by: int, pts: int, random_id: int | None = None) -> TL:
    """Build the updates that tell of a new message; with a random id those that answer its sender."""
    is_channel = world.chats[posted.chat_id].type == "supergroup"
    kind = types.UpdateNewChannelMessage if is_channel else types.UpdateNewMessage
    news = [kind(message=message(world, posted, seen_by=seen_by), pts=pts, pts_count=1)]
    if random_id is not None:
        news.insert(0, types.UpdateMessageID(id=posted.message_id, random_id=random_id))
    return types.Updates(updates=news, date=posted.date, seq=0, **those_in(world, [posted], seen_by=seen_by))


def those_in(world: World, posted: Iterable[Message], *, seen_by: int, is_premium: bool = False) -> dict[str, TL]:
    """Build the `users` and `chats` that go with messages."""
    people, places = {seen_by}, set()
    for each in posted:
        people.add(each.sender_id)
        places.add(each.chat_id)
    groups = [world.chats[place] for place in places if world.chats[place].type != "private"]
    for place in places:
        people |= {*world.members(place)} if world.chats[place].type == "private" else set()
    users = [
        user(world.user(number), is_self=number == seen_by, is_premium=is_premium and number == seen_by)
        for number in sorted(people)
    ]
    return {"users": users, "chats": [chat(world, group) for group in groups]}


def media(posted: Message) -> TL:
    """Build the media of a message with a file."""
    file = posted.file
    if file is None:
        return None
    if file.kind == "photo":
        return types.MessageMediaPhoto(photo=photo(file), spoiler=posted.has_spoiler or None)
    return types.MessageMediaDocument(document=document(file), spoiler=posted.has_spoiler or None)


def photo(file: StoredFile) -> TL:
    """Build a photo."""
    size = types.PhotoSize(type="x", w=file.width_px, h=file.height_px, size=file.size_bytes)
    return types.Photo(**_named(file), sizes=[size])


def document(file: StoredFile) -> TL:
    """Build a document."""
    thumbnail = file.thumbnail
    thumbs = (
        [types.PhotoSize(type="m", w=thumbnail.width_px, h=thumbnail.height_px, size=thumbnail.size_bytes)]
        if thumbnail
        else None
    )
    return types.Document(
        **_named(file), mime_type=file.mime, size=file.size_bytes, attributes=_attributes(file), thumbs=thumbs
    )


def _named(file: StoredFile) -> dict[str, TL]:
    return {
        "id": file.number,
        "access_hash": fileids.hash_of(file.number),
        "file_reference": fileids.reference_of(file.number),
        "date": 0,
        "dc_id": file.dc_id,
    }


def _attributes(file: StoredFile) -> list[TL]:
    found: list[TL] = []
    if file.kind in {"video", "video_note", "animation"}:
        is_round = file.kind == "video_note" or None
        found.append(
            types.DocumentAttributeVideo(
                duration=float(file.duration_s),
                w=file.width_px,
                h=file.height_px,
                round_message=is_round,
                supports_streaming=True,
            )
        )
    if file.kind == "sticker":
        found += [
            types.DocumentAttributeImageSize(w=file.width_px, h=file.height_px),
            types.DocumentAttributeSticker(alt="", stickerset=types.InputStickerSetEmpty()),
        ]
    if file.kind == "animation":
        found.append(types.DocumentAttributeAnimated())
    if file.kind in {"audio", "voice"}:
        is_voice = file.kind == "voice" or None
        found.append(
            types.DocumentAttributeAudio(
                duration=file.duration_s,
                voice=is_voice,
                title=file.title or None,
                performer=file.performer or None,
            )
        )
    if file.name:
        found.append(types.DocumentAttributeFilename(file_name=file.name))
    return found


def _reply(posted: Message) -> TL:
    if posted.reply_to_id is None and posted.topic_id is None:
        return None
    return types.MessageReplyHeader(
        reply_to_msg_id=posted.reply_to_id or posted.topic_id,
        reply_to_top_id=posted.topic_id if posted.reply_to_id else None,
        forum_topic=posted.topic_id is not None or None,
    )


def _entity(entity: Entity) -> TL:
    if entity.type == "text_link":
        url = str(dict(entity.extra)["url"])
        return types.MessageEntityTextUrl(offset=entity.offset, length=entity.length, url=url)
    return _ENTITIES[entity.type](offset=entity.offset, length=entity.length)


def _keyboard(posted: Message) -> TL:
    rows = [types.KeyboardButtonRow(buttons=[_button(button) for button in row]) for row in posted.keyboard]
    return types.ReplyInlineMarkup(rows=rows)


def _button(button: Button) -> TL:
    if button.url is not None:
        return types.KeyboardButtonUrl(text=button.label, url=button.url)
    return types.KeyboardButtonCallback(text=button.label, data=(button.data or "").encode())
