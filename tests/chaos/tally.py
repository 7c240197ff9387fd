"""The reckoning: what became of every wish, from the chats and from the database, and what was left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fetchgram.model import Chat, Delivery, DeliveryState, Request, RequestState
from fetchgram.storage import Session, open_storage
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.world import World

from .people import Asker

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


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database knows of a wish."""

    request: Request
    deliveries: tuple[Delivery, ...]
    events: frozenset[str]
    sent_again: int

    @property
    def is_list(self) -> bool:
        """Whether items of a list were put into the queue."""
        return self.request.listing is not None and self.request.recipe is not None

    def count(self, *states: DeliveryState) -> int:
        """Return how many deliveries ended like this."""
        return sum(delivery.state in states for delivery in self.deliveries)

    @property
    def latest(self) -> Counter[DeliveryState]:
        """Return how the latest delivery of each position stands."""
        return Counter({delivery.position: delivery.state for delivery in self.deliveries}.values())


async def reckon(askers: Sequence[Asker], world: World, url: str | None, data_dir: Path) -> Tally:
    """Look at every wish."""
    tally = Tally()
    storage = await open_storage(url, data_dir, migrate=False)
    try:
        async with storage.read() as session:
            events = await _events(session)
            people = {asker.person.id for asker in askers}
            found = [each for person in people for each in await session.requests.list_for(world.bot.id, person, 10**6)]
            known = [await _known(session, request, events) for request in found]
    finally:
        await storage.close()
    by_link = {_place(each.request): each for each in known}
    for asker in askers:
        _judge(tally, asker, by_link.get((asker.chat.id, asker.link.message_id if asker.link else 0)), world)
    return tally


async def _known(session: Session, request: Request, events: Counter[tuple[int, str]]) -> _Known:
    deliveries = sorted(await session.deliveries.of_request(request.id), key=lambda delivery: delivery.id)
    names = frozenset(name for request_id, name in events if request_id == request.id)
    return _Known(request, tuple(deliveries), names, events[request.id, "request.send_again"])


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


def _judge(tally: Tally, asker: Asker, known: _Known | None, world: World) -> None:
    if known is None:
        tally.blame("lost", f"nothing is known of {asker.wish.path}", asker)
        return
    request = known.request
    name = f"request {request.id} ({asker.wish.path})"
    _judge_files(tally, asker, known, name)
    status = world.find_message(asker.chat.id, request.status_message)
    end, wrong = _end_of_list(known, status) if known.is_list else _end(known, asker, status)
    if "request.ignored" in known.events:
        end, wrong = "ignored", ("answered" if asker.answers() else None)
    tally.ends[end] += 1
    if wrong is not None:
        kind = "lost" if end == "delivered" and asker.files() == 0 else "silent"
        tally.blame(kind, f"{name} is {request.state}: {wrong}", asker)


def _judge_files(tally: Tally, asker: Asker, known: _Known, name: str) -> None:
    """Hold the files in the chat against the deliveries; where one may have arrived, the person decides."""
    files, arrived = asker.files(), known.count(DeliveryState.DELIVERED)
    most = arrived + known.count(DeliveryState.UNCERTAIN) if known.is_list else 1 + known.sent_again
    each = Counter(each.position for each in known.deliveries if each.state is DeliveryState.DELIVERED)
    if files > most or any(count > 1 for count in each.values()):
        tally.blame("twice", f"{name}: {files} files, {most} allowed; delivered {dict(each)}", asker)
    if known.is_list and files < arrived:
        tally.blame("lost", f"{name}: {files} files of {arrived}", asker)


def _end_of_list(known: _Known, status: Message | None) -> tuple[str, str | None]:
    """Return how a list ended, and what is wrong with that: its message stays and says how many arrived."""
    shown, latest = status.text if status is not None else "", known.latest
    done, total = latest[DeliveryState.DELIVERED], latest.total()
    said = f"{done} of {total} arrived" if done else f"None of {total} arrived"
    match known.request.state:
        case RequestState.CANCELLED:
            return "list cancelled", None if "Cancelled" in shown else f"the status says {shown!r}"
        case RequestState.DONE | RequestState.FAILED:
            return "list ended", None if said in shown else f"the status says {shown!r}, not {said!r}"
        case _:
            return "unfinished", f"the status says {shown!r}"


def _end(known: _Known, asker: Asker, status: Message | None) -> tuple[str, str | None]:
    """Return how a request ended, and what is wrong with that."""
    request, shown = known.request, status.text if status is not None else ""
    match request.state:
        case RequestState.DONE:
            if asker.files() == 0:
                return "delivered", "nothing arrived"
            is_over = status is None or "Done" in shown
            return "delivered", None if is_over else f"the status still says {shown!r}"
        case RequestState.CANCELLED:
            return "cancelled", None if "Cancelled" in shown else f"the status says {shown!r}"
        case RequestState.FAILED if known.latest[DeliveryState.UNCERTAIN]:
            told = UNSURE in shown and status is not None and any("Send again" in each.label for each in status.buttons)
            return "uncertain", None if told else f"the status says {shown!r}"
        case RequestState.FAILED:
            return "failed", _wrong_with_failure(request, asker, shown)
        case _:
            return "unfinished", f"the status says {shown!r}"


def _wrong_with_failure(request: Request, asker: Asker, shown: str) -> str | None:
    if not request.error_number or request.error_number not in shown:
        return f"no number is told; the status says {shown!r}"
    return "it arrived, and was told as failed" if asker.files() else None
