"""The methods that put messages into chats and change them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pyrogram.raw import types

from fetchgram_sandbox import utf16
from fetchgram_sandbox.marks import find_entities
from fetchgram_sandbox.mtproto import views
from fetchgram_sandbox.mtproto.answers import TL, Refusal, bad_request
from fetchgram_sandbox.mtproto.desk import Call
from fetchgram_sandbox.mtproto.methods.files import file_of
from fetchgram_sandbox.mtproto.methods.people import place_of
from fetchgram_sandbox.objects import Button, Chat, Entity, Keyboard, Message, Origin

_GONE = ("kicked", "left")


async def send_message(call: Call) -> TL:
    """Handle messages.sendMessage: in a private chat the answer is short, and leaves out what the sender knows."""
    if not call.query.message.strip():
        raise bad_request("MESSAGE_EMPTY")
    if utf16.length(call.query.message) > call.desk.limits.text_units:
        raise bad_request("MESSAGE_TOO_LONG")
    updates = _post(call, [(call.query.random_id, _draft(call, call.query))])
    posted, world = call.desk.sent[call.user_id, call.query.random_id], call.desk.world
    if world.chats[posted.chat_id].type != "private":
        return updates
    entities = views.message(world, posted, seen_by=call.user_id).entities
    return types.UpdateShortSentMessage(
        id=posted.message_id, pts=call.desk.pts, pts_count=1, date=posted.date, out=True, entities=entities
    )


async def send_media(call: Call) -> TL:
    """Handle messages.sendMedia."""
    # Whether it was sent already is asked first: its parts are gone then.
    _check_fresh(call, [call.query.random_id])
    draft = _draft(call, call.query)
    file = await file_of(call, call.query.media)
    spoiler = bool(getattr(call.query.media, "spoiler", None))
    return _post(call, [(call.query.random_id, replace(draft, file=file, has_spoiler=spoiler))])


async def send_multi_media(call: Call) -> TL:
    """Handle messages.sendMultiMedia: an album of files that are uploaded already."""
    items = call.query.multi_media
    if not 1 <= len(items) <= call.desk.limits.album_items:
        raise bad_request("MULTI_MEDIA_TOO_LONG")
    _check_fresh(call, [item.random_id for item in items])
    album_id = call.desk.world.new_id()
    drafts = []
    for item in items:
        if isinstance(item.media, types.InputMediaUploadedDocument | types.InputMediaUploadedPhoto):
            raise bad_request("MEDIA_INVALID")
        draft = _draft(call, call.query, text=item.message, entities=item.entities)
        drafts.append((item.random_id, replace(draft, file=await file_of(call, item.media), album_id=album_id)))
    return _post(call, drafts)


async def forward_messages(call: Call) -> TL:
    """Handle messages.forwardMessages; without its author a message is a copy."""
    query, world = call.query, call.desk.world
    source, target = place_of(call, query.from_peer), _writable(call, query.to_peer)
    _check_fresh(call, query.random_id)
    found = [world.find_message(source.id, number) for number in query.id]
    originals = [message for message in found if message is not None]
    if len(originals) != len(query.random_id):
        raise bad_request("MESSAGE_ID_INVALID")
    if source.is_protected or any(message.is_protected for message in originals):
        raise bad_request("CHAT_FORWARDS_RESTRICTED")
    albums = {message.album_id: world.new_id() for message in originals if message.album_id}
    drafts = [_forward(call, target, message, albums.get(message.album_id or "")) for message in originals]
    return _post(call, list(zip(query.random_id, drafts, strict=True)))


async def edit_message(call: Call) -> TL:
    """Handle messages.editMessage."""
    query, world = call.query, call.desk.world
    place = _writable(call, query.peer)
    before = world.find_message(place.id, query.id)
    if before is None or before.sender_id != call.user_id:
        raise bad_request("MESSAGE_ID_INVALID" if before is None else "MESSAGE_AUTHOR_REQUIRED")
    text = before.text if query.message is None else query.message
    changed = replace(before, text=text, entities=_entities(text, query.entities), keyboard=_keyboard(query))
    if changed == before:
        raise bad_request("MESSAGE_NOT_MODIFIED")
    revised = world.revise(changed)
    update = types.UpdateEditMessage(
        message=views.message(world, revised, seen_by=call.user_id), pts=call.desk.pts, pts_count=0
    )
    those = views.those_in(world, [revised], seen_by=call.user_id)
    return types.Updates(updates=[update], date=revised.date, seq=0, **those)


def _post(call: Call, drafts: Sequence[tuple[int, Message]]) -> TL:
    _check_fresh(call, [random_id for random_id, _ in drafts])
    desk, me = call.desk, call.user_id
    answers = []
    for random_id, draft in drafts:
        posted = desk.sent[me, random_id] = desk.world.post(draft)
        is_channel = desk.world.chats[posted.chat_id].type == "supergroup"
        pts = posted.message_id if is_channel else desk.pts
        answers.append(views.new_message(desk.world, posted, seen_by=me, pts=pts, random_id=random_id))
    first = answers[0]
    first.updates = [update for answer in answers for update in answer.updates]
    return first


def _check_fresh(call: Call, random_ids: Sequence[int]) -> None:
    """Refuse what was sent already: a client that lost the answer asks again."""
    if any((call.user_id, random_id) in call.desk.sent for random_id in random_ids):
        raise Refusal(500, "RANDOM_ID_DUPLICATE")
    if 0 in random_ids:
        raise bad_request("RANDOM_ID_EMPTY")


def _draft(call: Call, query: TL, *, text: str | None = None, entities: Sequence[TL] | None = None) -> Message:
    place = _writable(call, query.peer)
    text = query.message if text is None else text
    if utf16.length(text) > call.desk.limits.caption_units and hasattr(query, "media"):
        raise bad_request("MEDIA_CAPTION_TOO_LONG")
    given = getattr(query, "entities", None) if entities is None else entities
    topic_id, reply_to_id = _answered(call, place, query.reply_to)
    return Message(
        chat_id=place.id,
        message_id=0,
        sender_id=call.user_id,
        date=0,
        text=text.rstrip(),
        entities=_entities(text, given),
        keyboard=_keyboard(query),
        topic_id=topic_id,
        reply_to_id=reply_to_id,
        is_protected=bool(query.noforwards),
        caption_above=bool(getattr(query, "invert_media", None)),
    )


def _forward(call: Call, target: Chat, original: Message, album_id: str | None) -> Message:
    origin = original.origin or Origin(original.sender_id, original.date)
    is_copy = call.query.drop_author
    return Message(
        chat_id=target.id,
        message_id=0,
        sender_id=call.user_id,
        date=0,
        text="" if call.query.drop_media_captions and original.file else original.text,
        entities=() if call.query.drop_media_captions and original.file else original.entities,
        file=original.file,
        album_id=album_id,
        has_spoiler=original.has_spoiler,
        origin=None if is_copy else origin,
    )


def _writable(call: Call, peer: TL) -> Chat:
    world, place = call.desk.world, place_of(call, peer)
    if place.id in world.upgrades:
        raise bad_request("CHAT_ID_INVALID")
    if world.status(place.id, world.bot.id) in _GONE and place.type == "private":
        raise bad_request("USER_IS_BLOCKED")
    return place


def _answered(call: Call, place: Chat, reply: TL) -> tuple[int | None, int | None]:
    """Return the topic and the message that is answered."""
    if not isinstance(reply, types.InputReplyToMessage):
        return None, None
    topics = call.desk.world.topics[place.id]
    if reply.reply_to_msg_id in topics:
        return reply.reply_to_msg_id, None
    topic_id = reply.top_msg_id if reply.top_msg_id in topics else None
    if call.desk.world.find_message(place.id, reply.reply_to_msg_id) is None:
        raise bad_request("REPLY_MESSAGE_ID_INVALID")
    return topic_id, reply.reply_to_msg_id


def _entities(text: str, given: Sequence[TL] | None) -> tuple[Entity, ...]:
    named = [_entity(each) for each in given or ()]
    return find_entities(text.rstrip(), tuple(each for each in named if each is not None))


def _entity(given: TL) -> Entity | None:
    if isinstance(given, types.MessageEntityTextUrl):
        return Entity("text_link", given.offset, given.length, (("url", given.url),))
    name = views.ENTITY_NAMES.get(type(given))
    return Entity(name, given.offset, given.length) if name else None


def _keyboard(query: TL) -> Keyboard:
    markup = getattr(query, "reply_markup", None)
    if not isinstance(markup, types.ReplyInlineMarkup):
        return ()
    return tuple(tuple(_button(button) for button in row.buttons) for row in markup.rows)


def _button(button: TL) -> Button:
    match button:
        case types.KeyboardButtonCallback():
            data = button.data.decode()
            return Button(button.text, data=data, raw={"text": button.text, "callback_data": data})
        case types.KeyboardButtonUrl():
            return Button(button.text, url=button.url, raw={"text": button.text, "url": button.url})
        case _:
            raise bad_request("BUTTON_TYPE_INVALID")
