"""The methods by which a person's client sees its chats."""

from __future__ import annotations

from pyrogram.raw import types

from fetchgram_sandbox.mtproto import views
from fetchgram_sandbox.mtproto.answers import TL, bad_request
from fetchgram_sandbox.mtproto.desk import Call
from fetchgram_sandbox.mtproto.methods.people import place_of
from fetchgram_sandbox.objects import Chat, Message

_MOST = 100


async def get_dialogs(call: Call) -> TL:
    """Handle messages.getDialogs: all at once, there are never many here."""
    _refuse_bots(call)
    world, me = call.desk.world, call.user_id
    places = [place for place in world.chats.values() if me in world.members(place.id)]
    tops = [message for place in places for message in world.messages(place.id)[-1:]]
    people = {me, world.bot.id, *(message.sender_id for message in tops)}
    return types.messages.Dialogs(
        dialogs=[_dialog(call, place) for place in places],
        messages=[views.message(world, message, seen_by=me) for message in tops],
        chats=[views.chat(world, place, seen_by=me) for place in places if place.type != "private"],
        users=[views.user(world.user(number), is_self=number == me) for number in sorted(people)],
    )


async def get_history(call: Call) -> TL:
    """Handle messages.getHistory: newest first."""
    _refuse_bots(call)
    query, world, me = call.query, call.desk.world, call.user_id
    place = place_of(call, query.peer)
    found = [message for message in reversed(world.messages(place.id)) if _is_within(message, query)]
    found = found[: min(query.limit or _MOST, _MOST)]
    shown = [views.message(world, message, seen_by=me) for message in found]
    return types.messages.Messages(messages=shown, topics=[], **views.those_in(world, found, seen_by=me))


def _is_within(message: Message, query: TL) -> bool:
    number = message.message_id
    below = min((limit for limit in (query.offset_id, query.max_id) if limit), default=number + 1)
    return bool(query.min_id < number < below)


def _dialog(call: Call, place: Chat) -> TL:
    messages = call.desk.world.messages(place.id)
    return types.Dialog(
        peer=views.peer(call.desk.world, place, seen_by=call.user_id),
        top_message=messages[-1].message_id if messages else 0,
        read_inbox_max_id=0,
        read_outbox_max_id=0,
        unread_count=0,
        unread_mentions_count=0,
        unread_reactions_count=0,
        unread_poll_votes_count=0,
        notify_settings=types.PeerNotifySettings(),
    )


def _refuse_bots(call: Call) -> None:
    if call.user_id == call.desk.world.bot.id:
        raise bad_request("BOT_METHOD_INVALID")
