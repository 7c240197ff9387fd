"""The methods that repeat a message in another chat."""

from __future__ import annotations

from dataclasses import replace

from fetchgram_sandbox.account import Account
from fetchgram_sandbox.errors import bad_request
from fetchgram_sandbox.methods import content
from fetchgram_sandbox.methods.send import Target, post, target
from fetchgram_sandbox.objects import Chat, Json, Message, Origin
from fetchgram_sandbox.params import Params, required

_MOST_MESSAGES = 100


def copy_message(account: Account, params: Params) -> object:
    """Handle copyMessage: no link to the original; caption and buttons may be new."""
    place, (original,) = target(account, params), _originals(account, params, "copy")
    draft = _copy(account, place, original)
    if params.has("caption") and original.file is not None:
        text, entities = content.caption(account, params)
        draft = replace(draft, text=text, entities=entities, caption_above=params.flag("show_caption_above_media"))
    draft = replace(draft, keyboard=content.keyboard(params, account.limits))
    return _ids(post(account, place, draft))[0]


def copy_messages(account: Account, params: Params) -> object:
    """Handle copyMessages."""
    place, originals = target(account, params), _originals(account, params, "copy")
    drafts = [_copy(account, place, original) for original in originals]
    if params.flag("remove_caption"):
        drafts = [replace(draft, text="", entities=()) if draft.file else draft for draft in drafts]
    return _ids(post(account, place, *_regroup(account, drafts, originals)))


def forward_message(account: Account, params: Params) -> object:
    """Handle forwardMessage."""
    place, (original,) = target(account, params), _originals(account, params, "forward")
    return post(account, place, _forward(account, place, original))[0]


def forward_messages(account: Account, params: Params) -> object:
    """Handle forwardMessages."""
    place, originals = target(account, params), _originals(account, params, "forward")
    drafts = [_forward(account, place, original) for original in originals]
    return _ids(post(account, place, *_regroup(account, drafts, originals)))


def _originals(account: Account, params: Params, verb: str) -> list[Message]:
    chat = account.chat(params, "from_chat_id")
    if params.has("message_ids"):
        ids = params.integers("message_ids")
    else:
        required(params, "message_id")
        ids = [params.number("message_id", 0)]
    if len(ids) > _MOST_MESSAGES or ids != sorted(set(ids)):
        raise bad_request("message identifiers must be in a strictly increasing order")
    # Those that are gone are skipped; only a call that is left with nothing fails (#copymessages).
    found = [message for message_id in ids if (message := _readable(account, chat, message_id))]
    if not found:
        raise bad_request(f"message to {verb} not found" if len(ids) == 1 else f"there are no messages to {verb}")
    if chat.is_protected or any(message.is_protected for message in found):
        raise bad_request(f"message can't be {'copied' if verb == 'copy' else 'forwarded'}")
    # Of a quiz the right answer has to be known (#copymessage).
    if verb == "copy" and any(each.poll and each.poll.is_quiz and each.poll.right is None for each in found):
        raise bad_request("message can't be copied")
    return found


def _readable(account: Account, chat: Chat, message_id: int) -> Message | None:
    return account.world.find_message(chat.id, message_id)


def _copy(account: Account, place: Target, original: Message) -> Message:
    return replace(
        place.draft(account),
        text=original.text,
        entities=original.entities,
        file=original.file,
        poll=None if original.poll is None else replace(original.poll, id=account.world.new_id()),
        has_spoiler=original.has_spoiler,
        caption_above=original.caption_above,
        link_preview=original.link_preview,
    )


def _forward(account: Account, place: Target, original: Message) -> Message:
    origin = original.origin or Origin(original.sender_id, original.date)
    return replace(_copy(account, place, original), origin=origin)


def _regroup(account: Account, drafts: list[Message], originals: list[Message]) -> list[Message]:
    albums = {original.album_id: account.world.new_id() for original in originals if original.album_id}
    pairs = zip(drafts, originals, strict=True)
    return [replace(draft, album_id=albums.get(original.album_id or "")) for draft, original in pairs]


def _ids(messages: list[Json]) -> list[Json]:
    return [{"message_id": message["message_id"]} for message in messages]
