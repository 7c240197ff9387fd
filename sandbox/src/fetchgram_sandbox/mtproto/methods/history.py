"""The methods that read what was said."""

from __future__ import annotations

from collections.abc import Sequence

from pyrogram.raw import types

from fetchgram_sandbox.mtproto import views
from fetchgram_sandbox.mtproto.answers import TL, objects
from fetchgram_sandbox.mtproto.desk import Call
from fetchgram_sandbox.mtproto.methods.people import place_of
from fetchgram_sandbox.objects import Message


async def get_state(call: Call) -> TL:
    """Handle updates.getState."""
    return _state(call)


async def get_difference(call: Call) -> TL:
    """Handle updates.getDifference: the messages since a `pts`, also those that the account wrote elsewhere."""
    world, me = call.desk.world, call.user_id
    since = [post for post in call.desk.posts[max(0, call.query.pts - 1) :] if me in world.members(post.chat_id)]
    if not since:
        return types.updates.DifferenceEmpty(date=int(world.clock()), seq=0)
    return types.updates.Difference(
        new_messages=[views.message(world, post, seen_by=me) for post in since],
        new_encrypted_messages=[],
        other_updates=[],
        state=_state(call),
        **views.those_in(world, since, seen_by=me),
    )


async def get_messages(call: Call) -> TL:
    """Handle messages.getMessages: an account counts its private chats and basic groups together."""
    world = call.desk.world
    places = [place.id for place in world.chats.values() if place.type != "supergroup"]
    found = [world.find_message(place, given.id) for given in objects(call.query.id) for place in places]
    mine = [message for message in found if message and call.user_id in world.members(message.chat_id)]
    return _messages(call, mine)


async def get_channel_messages(call: Call) -> TL:
    """Handle channels.getMessages."""
    channel = call.query.channel
    peer = types.InputPeerChannel(channel_id=channel.channel_id, access_hash=channel.access_hash)
    place = place_of(call, peer)
    found = [call.desk.world.find_message(place.id, given.id) for given in objects(call.query.id)]
    return _messages(call, [message for message in found if message])


def _messages(call: Call, found: Sequence[Message]) -> TL:
    world, me = call.desk.world, call.user_id
    shown = [views.message(world, message, seen_by=me) for message in found]
    return types.messages.Messages(messages=shown, topics=[], **views.those_in(world, found, seen_by=me))


def _state(call: Call) -> TL:
    return types.updates.State(pts=call.desk.pts, qts=0, date=int(call.desk.world.clock()), seq=1, unread_count=0)
