"""A user account behind the bots: a person with a private group, for files that are too large for a bot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.mtproto.server import MtprotoServer
from fetchgram_sandbox.objects import Chat, Message
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.stage import Stage

BOTAPI_MAX, BOT_MAX, ACCOUNT_MAX = 1_000_000, 2_000_000, 4_000_000


@dataclass(frozen=True)
class Account:
    """The account, and the stage that it lives on."""

    stage: Stage
    server: MtprotoServer
    owner: Person
    group: Chat

    @property
    def passed(self) -> tuple[Message, ...]:
        """What lies in the relay chat."""
        return self.stage.world.messages(self.group.id)

    def add_to(self, config: Path) -> None:
        """Let a bot know of it, with limits that are scaled down."""
        session = self.server.session_string(self.owner.id)
        limits = f"file_max = {BOT_MAX}\nrelay_max = {ACCOUNT_MAX}\n"
        own = f'[mtproto]\n{limits}relay_chat = {self.group.id}\nuser_session = "{session}"\n'
        told = config.read_text().replace("[mtproto]\n", own)
        config.write_text(told.replace("[delivery]\n", f"[delivery]\nbotapi_max = {BOTAPI_MAX}\n"))


@asynccontextmanager
async def open_account(clips: Path) -> AsyncIterator[Account]:
    """Start a stage with a user account; at the end no server may have broken."""
    async with Stage(clips, limits=Limits.unhurried(), mtproto=True) as stage:
        assert stage.mtproto is not None
        world, owner = stage.world, Person(stage.world, stage.world.new_person("Olga"))
        group = world.new_chat("Relay", [owner.user])
        world.set_status(group.id, world.bot.id, "administrator", by_id=owner.id)
        yield Account(stage, stage.mtproto, owner, group)
        assert stage.api.problems == []
        assert stage.mtproto.problems == []
