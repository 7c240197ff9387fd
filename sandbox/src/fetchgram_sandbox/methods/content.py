"""Texts and keyboards of a call, checked as Telegram checks them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fetchgram_sandbox import utf16
from fetchgram_sandbox.account import Account
from fetchgram_sandbox.errors import bad_request
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.marks import find_entities
from fetchgram_sandbox.objects import Button, Entity, Keyboard
from fetchgram_sandbox.params import Params
from fetchgram_sandbox.wire import user_json

# See core.telegram.org/bots/api#messageentity
_ENTITY_TYPES = frozenset(
    [
        "mention",
        "hashtag",
        "cashtag",
        "bot_command",
        "url",
        "email",
        "phone_number",
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "custom_emoji",
        "date_time",
    ]
)
_ENTITY_NEEDS = {"text_link": "url", "text_mention": "user", "custom_emoji": "custom_emoji_id"}
_ACTIONS = frozenset(
    [
        "url",
        "callback_data",
        "web_app",
        "login_url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "copy_text",
        "callback_game",
        "pay",
    ]
)
_URL = re.compile(r"^(?:https?://|tg://|ton://)\S+$", re.IGNORECASE)


def message_text(account: Account, params: Params) -> tuple[str, tuple[Entity, ...]]:
    """Return the text of a message and its entities.

    Raises:
        ApiError: It is empty or too long.
    """
    text = params.text("text")
    if not text.strip():
        raise bad_request("message text is empty")
    if utf16.length(text.rstrip()) > account.limits.text_units:
        raise bad_request("message is too long")
    return text.rstrip(), _entities(account, params, "entities", text)


def caption(account: Account, params: Params) -> tuple[str, tuple[Entity, ...]]:
    """Return the caption under a file and its entities.

    Raises:
        ApiError: It is too long.
    """
    text = params.text("caption")
    if utf16.length(text.rstrip()) > account.limits.caption_units:
        raise bad_request("message caption is too long")
    return text.rstrip(), _entities(account, params, "caption_entities", text)


def _entities(account: Account, params: Params, name: str, text: str) -> tuple[Entity, ...]:
    values = params.sequence(name)
    if len(values) > account.limits.entities:
        raise bad_request("ENTITIES_TOO_LONG")
    given = (_entity(account, params.child(value), text) for value in values)
    return find_entities(text.rstrip(), tuple(entity for entity in given if entity is not None))


def _entity(account: Account, item: Params, text: str) -> Entity | None:
    kind, offset, length = item.text("type"), item.integer("offset"), item.integer("length")
    if kind not in _ENTITY_TYPES:
        raise bad_request(f"can't parse MessageEntity: unknown entity type {kind!r}")
    need = _ENTITY_NEEDS.get(kind)
    if need is not None and not item.has(need):
        raise bad_request(f'can\'t parse MessageEntity: field "{need}" must be given')
    if offset is None or length is None or offset < 0 or length < 0:
        raise bad_request("can't parse MessageEntity: receive an entity with incorrect offset or length")
    _check_bounds(text, offset, offset + length)
    # The server cuts white space off at the end of a text, and the entity with it.
    length = min(offset + length, utf16.length(text.rstrip())) - offset
    return Entity(kind, offset, length, _extra(account, item)) if length > 0 else None


def _check_bounds(text: str, start: int, end: int) -> None:
    if end > utf16.length(text):
        raise bad_request(
            f"entity beginning at UTF-16 offset {start} ends after the end of the text at UTF-16 offset {end}"
        )
    if not utf16.is_boundary(text, start) or not utf16.is_boundary(text, end):
        raise bad_request(f"entity beginning at UTF-16 offset {start} begins or ends in a middle of a UTF-16 symbol")


def _extra(account: Account, item: Params) -> tuple[tuple[str, object], ...]:
    extra: dict[str, object] = {
        name: item.text(name) for name in ("url", "language", "custom_emoji_id", "date_time_format") if item.has(name)
    }
    if (unix_time := item.integer("unix_time")) is not None:
        extra["unix_time"] = unix_time
    if (user := item.mapping("user")) is not None:
        try:
            extra["user"] = user_json(account.world.user(item.child(user).number("id", 0)))
        except LookupError as error:
            raise bad_request("user not found") from error
    return tuple(extra.items())


def keyboard(params: Params, limits: Limits) -> Keyboard:
    """Return the inline keyboard of a call; other kinds of markup show nothing in a message.

    Raises:
        ApiError: A button is not allowed.
    """
    markup = params.mapping("reply_markup")
    if markup is None or "inline_keyboard" not in markup:
        return ()
    rows = params.child(markup).sequence("inline_keyboard")
    if sum(len(row) for row in rows if isinstance(row, list)) > limits.keyboard_buttons:
        raise bad_request("reply markup is too long")
    built = tuple(tuple(_button(value, limits) for value in row) for row in rows if isinstance(row, list))
    return tuple(row for row in built if row)


def _button(value: object, limits: Limits) -> Button:
    if not isinstance(value, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    raw = {str(key): item for key, item in value.items() if item is not None}
    label = str(raw.get("text", ""))
    if not label.strip():
        raise bad_request("can't parse inline keyboard button: button text must be non-empty")
    if len(_ACTIONS & raw.keys()) != 1:
        raise bad_request("text buttons are unallowed in the inline keyboard")
    return Button(label, data=_callback_data(raw, limits), url=_button_url(raw), raw=raw)


def _callback_data(raw: Mapping[str, object], limits: Limits) -> str | None:
    if "callback_data" not in raw:
        return None
    data = str(raw["callback_data"])
    if not 1 <= len(data.encode()) <= limits.callback_data_bytes:
        raise bad_request("BUTTON_DATA_INVALID")
    return data


def _button_url(raw: Mapping[str, object]) -> str | None:
    if "url" not in raw:
        return None
    url = str(raw["url"])
    if not _URL.match(url):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return url
