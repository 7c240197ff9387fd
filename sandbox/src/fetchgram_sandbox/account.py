"""The bot account as a Bot API server sees it: its updates, rates, commands and open questions."""

from __future__ import annotations

from dataclasses import replace

from fetchgram_sandbox import happenings, utf16, wire
from fetchgram_sandbox.errors import ApiError, bad_request, forbidden, too_many_requests
from fetchgram_sandbox.limits import Limits, Windows
from fetchgram_sandbox.objects import CallbackQuery, Chat, InlineQuery, Json, Message
from fetchgram_sandbox.params import Params, required
from fetchgram_sandbox.updates import UpdateQueue
from fetchgram_sandbox.world import World

_GONE = ("kicked", "left")


class Account:
    """What the methods work on.

    Args:
        world: Where everything happens.
        limits: What is refused.
        reads_all: Whether the bot sees every message of its groups (its privacy mode is off).
    """

    def __init__(self, world: World, limits: Limits, *, reads_all: bool = True) -> None:
        self.world = world
        self.limits = limits
        self.reads_all = reads_all
        self.updates = UpdateQueue(world.clock, limits.updates_kept_s)
        self.windows = Windows()
        self.commands: dict[str, list[object]] = {}
        self.profile: dict[str, str] = {}
        self.queries: dict[str, CallbackQuery] = {}
        self.inline_queries: dict[str, InlineQuery] = {}
        self.problems: list[str] = []
        self._stop_listening = world.listen(self._hear)

    def close(self) -> None:
        """Stop listening to the world."""
        self._stop_listening()

    def change_limits(self, changes: Json) -> None:
        """Replace some limits while the server runs."""
        self.limits = replace(self.limits, **changes)  # type: ignore[arg-type] # checked by the caller

    def chat(self, params: Params, name: str = "chat_id") -> Chat:
        """Return the chat that a parameter names.

        Raises:
            ApiError: 400 `chat not found`.
        """
        required(params, name)
        value = params.text(name)
        try:
            return self.world.chat(int(value) if value.lstrip("-").isdigit() else value)
        except LookupError as error:
            raise bad_request("chat not found") from error

    def writable_chat(self, params: Params) -> Chat:
        """Return the chat that a call writes to.

        Raises:
            ApiError: 403 when the person blocked the bot or deleted the account, or the group removed the bot; 400 when
                there is no such chat.
        """
        chat = self.chat(params)
        if (supergroup_id := self.world.upgrades.get(chat.id)) is not None:
            reason = "Bad Request: group chat was upgraded to a supergroup chat"
            raise ApiError(400, reason, migrate_to_chat_id=supergroup_id)
        if chat.id in self.world.deactivated:
            raise forbidden("user is deactivated")
        # In a private chat it is the bot's own membership that the person withdraws.
        status = self.world.status(chat.id, self.world.bot.id)
        if status in _GONE:
            if chat.type == "private":
                raise forbidden("bot was blocked by the user")
            raise forbidden(
                f"bot {'was kicked from' if status == 'kicked' else 'is not a member of'} the {_noun(chat)}"
            )
        return chat

    def spend(self, chat: Chat, messages: int = 1, *, paid: bool = False) -> None:
        """Count messages against the rates; those that are paid for have an overall rate of their own.

        Raises:
            ApiError: 429 with the time to wait.
        """
        is_private = chat.type == "private"
        # An album counts once in a private chat; a group counts each of its items.
        overall = ("paid", self.limits.paid) if paid else ("all", self.limits.overall)
        plans = (
            (*overall, messages),
            (chat.id, self.limits.private if is_private else self.limits.group, 1 if is_private else messages),
        )
        now = self.world.clock()
        if wait_s := max(self.windows.wait_s(key, rate, now, cost) for key, rate, cost in plans):
            raise too_many_requests(wait_s)
        for key, rate, cost in plans:
            self.windows.count(key, rate, now, cost)

    def spend_edit(self, chat_id: int) -> None:
        """Count an edit against its rate.

        Raises:
            ApiError: 429 with the time to wait.
        """
        now = self.world.clock()
        key = ("edit", chat_id)
        if wait_s := self.windows.wait_s(key, self.limits.edits, now):
            raise too_many_requests(wait_s)
        self.windows.count(key, self.limits.edits, now)

    def _hear(self, happening: happenings.Happening) -> None:
        world = self.world
        match happening:
            case happenings.MessagePosted(message) if self._is_shown(message):
                self.updates.add("message", wire.message_json(world, message))
            case happenings.MessageEdited(message) if self._is_shown(message):
                self.updates.add("edited_message", wire.message_json(world, message))
            case happenings.QueryAsked(query):
                self.queries[query.id] = query
                self.updates.add("callback_query", wire.callback_query_json(world, query))
            case happenings.StatusChanged():
                self._hear_status(happening)
            case happenings.InlineAsked() | happenings.InlineChosen():
                self._hear_inline(happening)
            case _:
                pass

    def _hear_inline(self, happening: happenings.InlineAsked | happenings.InlineChosen) -> None:
        if isinstance(happening, happenings.InlineAsked):
            self.inline_queries[happening.query.id] = happening.query
            self.updates.add("inline_query", wire.inline_query_json(self.world, happening.query))
            return
        chosen: Json = {
            "result_id": happening.result_id,
            "from": wire.user_json(self.world.user(happening.person_id)),
            "query": happening.query_text,
            "inline_message_id": happening.inline_message_id,
        }
        self.updates.add("chosen_inline_result", chosen)

    def _hear_status(self, change: happenings.StatusChanged) -> None:
        user = self.world.user(change.user_id)
        payload: Json = {
            "chat": wire.chat_json(self.world, self.world.chats[change.chat_id]),
            "from": wire.user_json(self.world.user(change.by_id)),
            "date": int(self.world.clock()),
            "old_chat_member": wire.member_json(user, change.old),
            "new_chat_member": wire.member_json(user, change.new),
        }
        self.updates.add("my_chat_member" if user.is_bot else "chat_member", payload)

    def _is_shown(self, message: Message) -> bool:
        bot = self.world.bot
        if bot.id in {message.sender_id, message.via_bot_id}:
            return False
        if self.world.status(message.chat_id, bot.id) in _GONE:
            return False
        if self.reads_all or self.world.chats[message.chat_id].type == "private":
            return True
        # See core.telegram.org/bots/features#privacy-mode: commands, mentions and answers to the bot.
        reply = self.world.find_message(message.chat_id, message.reply_to_id)
        return (reply is not None and reply.sender_id == bot.id) or any(
            entity.type == "bot_command"
            or utf16.piece(message.text, entity.offset, entity.length) == f"@{bot.username}"
            for entity in message.entities
        )


def _noun(chat: Chat) -> str:
    return "group chat" if chat.type == "group" else f"{chat.type} chat"


def not_found(method: str) -> ApiError:
    """Build the loud answer for a method that is not here."""
    return ApiError(404, f"Not Found: METHOD_NOT_EMULATED {method}")
