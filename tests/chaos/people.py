"""The people: each sends links, looks at what the bot shows, and taps as the plan says."""

from __future__ import annotations

import contextlib
import time

from fetchgram_sandbox.objects import Chat, Message
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.stage import Stage

from .plan import Wish

_LOOKS_AGAIN_S = 6.0
"""Longer than a tap usually takes: who sees nothing happen taps again."""
_PICKS_S = 2.0
"""What was picked of a list is to be started soon."""
_MOST_TAPS = 20
"""A card whose sending was answered to nobody stays in the chat for ever, buttons and all."""
CANCEL = "Cancel"
RETRY, AGAIN = ("Try again", "Try the"), ("Send again", "Send the")
"""Of a wish, or of what failed of a list, or may have arrived."""
PICK_ALL, START = "All", "Get "


class Asker:
    """One person with one wish.

    Args:
        stage: Where they chat.
        person: Who it is.
        wish: What they want.
        group: Where they ask, if not in private.
    """

    def __init__(self, stage: Stage, person: Person, wish: Wish, group: Chat) -> None:
        self.wish = wish
        self.person = person
        self.chat = group if wish.in_group else stage.world.chat(person.id)
        self.link: Message | None = None
        self._stage = stage
        self._sent_at = 0.0
        self._tapped_at = 0.0
        self._taps = 0
        self._retried = False
        self._sent_again = False

    def look(self, now_s: float) -> bool:
        """Do what this person does now; true when they did something."""
        if self.link is None:
            if now_s < self.wish.at_s:
                return False
            self.link = self.person.say(f"{self._stage.site.url}{self.wish.path}", self.chat)
            self._sent_at = time.monotonic()
            return True
        status = self.status()
        is_patient = time.monotonic() - self._tapped_at < _LOOKS_AGAIN_S or self._taps >= _MOST_TAPS
        if status is None or is_patient:
            return False
        return self._react(status, time.monotonic() - self._sent_at)

    def status(self) -> Message | None:
        """Return the newest message that answers the link and is no delivery."""
        found = [message for message in self.answers() if message.keyboard or message.file is None]
        return found[-1] if found else None

    def answers(self) -> list[Message]:
        """Return what the bot has answered to the link."""
        if self.link is None:
            return []
        bot_id, link_id = self._stage.world.bot.id, self.link.message_id
        messages = self._stage.world.messages(self.chat.id)
        return [each for each in messages if each.sender_id == bot_id and each.reply_to_id == link_id]

    def files(self) -> int:
        """Return how many files arrived for the link: messages that had a file from the start, unlike a card."""
        history = self._stage.world.history
        return sum(1 for each in self.answers() if history(each.chat_id, each.message_id)[0].file is not None)

    def transcript(self) -> str:
        """Return the chat as text."""
        return self.person.transcript(self.chat)

    def _react(self, status: Message, age_s: float) -> bool:
        labels = [button.label for button in status.buttons]
        if self.wish.cancel_after_s is not None and age_s >= self.wish.cancel_after_s:
            return self._tap(status, CANCEL) if any(CANCEL in label for label in labels) else False
        for words in (AGAIN, RETRY):
            if (label := _first(labels, *words)) is not None:
                return self._once_more(status, words, label)
        wanted = self._wanted([label for label in labels if CANCEL not in label])
        if wanted is None:
            return False
        if self.wish.double_tap:
            self._tap(status, wanted)
        tapped = self._tap(status, wanted)
        if self.wish.is_list and PICK_ALL in wanted:
            self._tapped_at -= _LOOKS_AGAIN_S - _PICKS_S
        return tapped

    def _wanted(self, choices: list[str]) -> str | None:
        """Return what is tapped next: of a list all of it, and then the start."""
        if self.wish.is_list:
            return _first(choices, START) or _first(choices, PICK_ALL)
        return _first(choices, self.wish.label) or _first(choices, "")

    def _once_more(self, status: Message, words: tuple[str, ...], label: str) -> bool:
        if words is AGAIN and self.wish.sends_again and not self._sent_again:
            self._sent_again = True
        elif words is RETRY and self.wish.tries_again and not self._retried:
            self._retried = True
        else:
            return False
        return self._tap(status, label)

    def _tap(self, status: Message, label: str) -> bool:
        with contextlib.suppress(LookupError):
            self.person.tap(status, label)
            self._tapped_at = time.monotonic()
            self._taps += 1
            return True
        return False


def _first(labels: list[str], *words: str) -> str | None:
    return next((label for label in labels if any(word in label for word in words)), None)
