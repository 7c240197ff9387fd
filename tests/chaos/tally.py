"""The reckoning: what became of every wish, from the chats and from the database, and what was left behind."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fetchgram.model import Chat, Request, RequestState
from fetchgram.storage import Session, open_storage
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.world import World

from .machine import looking_at
from .people import AGAIN, Asker

UNSURE = "Please look whether it arrived"


@dataclass(slots=True)
class Tally:
    """What came out.

    Attributes:
        ends: How many wishes ended how.
        faults: What must not be: kind and what happened.
        stories: The chats in which it happened.
    """

    ends: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[str, str]] = field(default_factory=list)
    stories: list[str] = field(default_factory=list)

    def count(self, kind: str) -> int:
        """Return how many faults of a kind there were."""
        return sum(1 for name, _ in self.faults if name == kind)

    def blame(self, kind: str, what: str, asker: Asker | None = None) -> None:
        """Note a fault, with the chat that shows it."""
        self.faults.append((kind, what))
        if asker is not None:
            self.stories.append(f"--- {kind}: {what}\n{asker.transcript()}")


async def reckon(askers: Sequence[Asker], world: World, data_dir: Path) -> Tally:
    """Look at every wish."""
    tally = Tally()
    storage = await open_storage(None, data_dir, migrate=False)
    try:
        async with storage.read() as session:
            events = await _events(session)
            people = {asker.person.id for asker in askers}
            found = [each for person in people for each in await session.requests.list_for(world.bot.id, person, 10**6)]
    finally:
        await storage.close()
    by_link = {_place(request): request for request in found}
    for asker in askers:
        _judge(tally, asker, by_link.get((asker.chat.id, asker.link.message_id if asker.link else 0)), events, world)
    return tally


def check_database(tally: Tally, path: Path) -> None:
    """Let SQLite check the file."""
    try:
        with looking_at(path) as database:
            answers = [row[0] for row in database.execute("PRAGMA integrity_check").fetchall()]
            strays = database.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.Error as error:
        answers, strays = [repr(error)], []
    if answers != ["ok"] or strays:
        tally.blame("database", f"{answers} {strays}")


async def _events(session: Session) -> Counter[tuple[int, str]]:
    counted: Counter[tuple[int, str]] = Counter()
    last = 0
    while batch := await session.events.after(last, 1000):
        last = batch[-1].id
        counted.update((event.request_id, event.name) for event in batch if event.request_id is not None)
    return counted


def _place(request: Request) -> tuple[int, int]:
    destination = request.destination
    if not isinstance(destination, Chat) or destination.reply_to is None:
        raise ValueError(f"request {request.id} answers no message")
    return destination.chat, destination.reply_to


def _judge(tally: Tally, asker: Asker, request: Request | None, events: Counter[tuple[int, str]], world: World) -> None:
    if request is None:
        tally.blame("lost", f"nothing is known of {asker.wish.path}", asker)
        return
    name = f"request {request.id} ({asker.wish.path})"
    allowed = 1 + events[request.id, "request.send_again"]
    if asker.files() > allowed:
        tally.blame("twice", f"{name}: {asker.files()} files, {allowed} allowed", asker)
    status = world.find_message(asker.chat.id, request.status_message)
    end, wrong = _end(request, asker, status, is_unsure=events[request.id, "delivery.uncertain"] > 0)
    if events[request.id, "request.ignored"]:
        end, wrong = "ignored", ("answered" if asker.answers() else None)
    tally.ends[end] += 1
    if wrong is not None:
        kind = "lost" if end == "delivered" and asker.files() == 0 else "silent"
        tally.blame(kind, f"{name} is {request.state}: {wrong}", asker)


def _end(request: Request, asker: Asker, status: Message | None, *, is_unsure: bool) -> tuple[str, str | None]:
    """Return how a request ended, and what is wrong with that."""
    shown = status.text if status is not None else ""
    match request.state:
        case RequestState.DONE:
            if asker.files() == 0:
                return "delivered", "nothing arrived"
            is_over = status is None or "Done" in shown
            return "delivered", None if is_over else f"the status still says {shown!r}"
        case RequestState.CANCELLED:
            return "cancelled", None if "Cancelled" in shown else f"the status says {shown!r}"
        case RequestState.FAILED if is_unsure and not request.error_number:
            told = UNSURE in shown and status is not None and any(AGAIN in each.label for each in status.buttons)
            return "uncertain", None if told else f"the status says {shown!r}"
        case RequestState.FAILED:
            return "failed", _wrong_with_failure(request, asker, shown)
        case _:
            return "unfinished", f"the status says {shown!r}"


def _wrong_with_failure(request: Request, asker: Asker, shown: str) -> str | None:
    if not request.error_number or request.error_number not in shown:
        return f"no number is told; the status says {shown!r}"
    return "it arrived, and was told as failed" if asker.files() else None
