"""What the methods work on: the world, who may log in, uploads, and what was sent under which random id."""

from __future__ import annotations

from dataclasses import dataclass

from fetchgram_sandbox.happenings import Happening, MessagePosted
from fetchgram_sandbox.mtproto.answers import TL
from fetchgram_sandbox.mtproto.limits import MtprotoLimits
from fetchgram_sandbox.mtproto.phones import Phones
from fetchgram_sandbox.mtproto.sessions import Session
from fetchgram_sandbox.mtproto.uploads import Uploads
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.world import World


@dataclass(frozen=True, slots=True)
class Application:
    """The pair from my.telegram.org that every client must show."""

    api_id: int = 10001
    api_hash: str = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Pass:
    """A login that may be taken to one other data centre."""

    user_id: int
    dc_id: int
    secret: bytes


class Desk:
    """The servers without their wire: all data centres have one.

    Args:
        world: Where everything happens.
        application: The only one that may log in.
        token: Of the world's bot.
        limits: What is refused.

    Attributes:
        centres: Where the data centres listen, by number.
        phones: How people log in.
        passes: Logins on their way to another data centre, by number.
        sent: What was sent, by account and random id.
        posts: Messages outside of supergroups, in the order of their `pts`.
    """

    def __init__(self, world: World, *, application: Application, token: str, limits: MtprotoLimits) -> None:
        self.world = world
        self.application = application
        self.token = token
        self.limits = limits
        self.centres: dict[int, tuple[str, int]] = {}
        self.uploads = Uploads(world.files, limits)
        self.phones = Phones(world)
        self.passes: dict[int, Pass] = {}
        self.sent: dict[tuple[int, int], Message] = {}
        self.posts: list[Message] = []
        self._stop_listening = world.listen(self._hear)

    def close(self) -> None:
        """Stop listening to the world."""
        self._stop_listening()

    @property
    def pts(self) -> int:
        """Return the number of the last event of an account's messages."""
        return len(self.posts) + 1

    def most_parts(self, user_id: int) -> int:
        """Return how many parts a file of an account may have."""
        return self.limits.premium_parts if self.phones.is_premium(user_id) else self.limits.parts

    def _hear(self, happening: Happening) -> None:
        if isinstance(happening, MessagePosted) and self.world.chats[happening.message.chat_id].type != "supergroup":
            self.posts.append(happening.message)


@dataclass(frozen=True, slots=True)
class Call:
    """One query of a client, in a data centre."""

    desk: Desk
    dc_id: int
    session: Session
    query: TL

    @property
    def user_id(self) -> int:
        """Return who is logged in.

        Raises:
            LookupError: Nobody; the table of methods says which ones need nobody.
        """
        if self.session.auth.user_id is None:
            raise LookupError("nobody is logged in")
        return self.session.auth.user_id
