"""The methods about people and groups, and who is meant by a peer."""

from __future__ import annotations

from pyrogram.raw import types

from fetchgram_sandbox import fileids
from fetchgram_sandbox.mtproto import views
from fetchgram_sandbox.mtproto.answers import TL, bad_request, objects, vector
from fetchgram_sandbox.mtproto.desk import Call
from fetchgram_sandbox.objects import Chat, User


async def get_users(call: Call) -> TL:
    """Handle users.getUsers; who cannot be found is left out."""
    found = [_user(call, given) for given in objects(call.query.id)]
    return vector([_shown(call, user) for user in found if user is not None])


async def get_full_user(call: Call) -> TL:
    """Handle users.getFullUser."""
    user = _user(call, call.query.id)
    if user is None:
        raise bad_request("USER_ID_INVALID")
    full = types.UserFull(
        id=user.id, settings=types.PeerSettings(), notify_settings=types.PeerNotifySettings(), common_chats_count=0
    )
    return types.users.UserFull(full_user=full, chats=[], users=[_shown(call, user)])


async def get_channels(call: Call) -> TL:
    """Handle channels.getChannels."""
    world, me = call.desk.world, call.user_id
    for given in call.query.id:
        _check_hash(call, given.channel_id, given.access_hash, "CHANNEL_INVALID")
    places = [_group(call, views.channel_chat_id(given.channel_id)) for given in call.query.id]
    return types.messages.Chats(chats=[views.chat(world, place, seen_by=me) for place in places])


async def resolve_username(call: Call) -> TL:
    """Handle contacts.resolveUsername."""
    world, name = call.desk.world, str(call.query.username).lower()
    for user in (world.bot, *world.people.values()):
        if user.username.lower() == name:
            peer = types.PeerUser(user_id=user.id)
            return types.contacts.ResolvedPeer(peer=peer, chats=[], users=[_shown(call, user)])
    raise bad_request("USERNAME_NOT_OCCUPIED")


def place_of(call: Call, peer: TL) -> Chat:
    """Return the chat that a peer means to whoever asks.

    Raises:
        Refusal: There is none, the hash is wrong, or the account may not be in it.
    """
    world = call.desk.world
    if isinstance(peer, types.InputPeerChannel):
        _check_hash(call, peer.channel_id, peer.access_hash, "CHANNEL_INVALID")
        return _group(call, views.channel_chat_id(peer.channel_id))
    if isinstance(peer, types.InputPeerChat):
        return _group(call, -peer.chat_id)
    if not isinstance(peer, types.InputPeerUser):
        raise bad_request("PEER_ID_INVALID")
    _check_hash(call, peer.user_id, peer.access_hash, "PEER_ID_INVALID")
    # The one private chat of a person and the bot is named by either side.
    chat_id = call.user_id if peer.user_id == world.bot.id else peer.user_id
    if chat_id not in world.people:
        raise bad_request("PEER_ID_INVALID")
    return world.chats[chat_id]


def _group(call: Call, chat_id: int) -> Chat:
    place = call.desk.world.chats.get(chat_id)
    if place is None:
        raise bad_request("CHANNEL_INVALID" if chat_id < -views.channel_chat_id(0) else "CHAT_ID_INVALID")
    if call.user_id not in call.desk.world.members(chat_id):
        raise bad_request("CHANNEL_PRIVATE")
    return place


def _check_hash(call: Call, number: int, given: int, refusal: str) -> None:
    # See core.telegram.org/api/peers: a bot may say 0 for whom it has met.
    is_bot = call.user_id == call.desk.world.bot.id
    if given != fileids.hash_of(number) and not (is_bot and given == 0):
        raise bad_request(refusal)


def _user(call: Call, given: TL) -> User | None:
    if isinstance(given, types.InputUserSelf | types.InputPeerSelf):
        return call.desk.world.user(call.user_id)
    try:
        return call.desk.world.user(given.user_id)
    except (LookupError, AttributeError):
        return None


def _shown(call: Call, user: User) -> TL:
    is_self = user.id == call.user_id
    return views.user(user, is_self=is_self, is_premium=is_self and call.desk.phones.is_premium(user.id))
