"""One whole conversation, played as a person: link, menu, tap, progress, file."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fetchgram_sandbox.ear import Ear
from fetchgram_sandbox.happenings import Happening, MessageEdited, MessagePosted, MessageRemoved
from fetchgram_sandbox.objects import Message, StoredFile
from fetchgram_sandbox.person import Person

_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Line:
    """What the chat showed at one moment.

    Args:
        event: `message`, `edit` or `delete`.
        who: First name of the sender; empty for a deletion.
        text: Text or caption.
        buttons: Labels.
        file: Kind of the file, if there is one.
        message_id: In the chat.
    """

    event: str
    who: str
    text: str
    buttons: tuple[str, ...]
    file: str | None
    message_id: int

    def __str__(self) -> str:
        if self.event == "delete":
            return f"  (message {self.message_id} was removed)"
        mark = "edited " if self.event == "edit" else ""
        file = f"[{self.file}] " if self.file else ""
        buttons = "".join(f"\n    [{label}]" for label in self.buttons)
        return f"{self.who}: {mark}{file}{self.text}{buttons}"


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it."""

    lines: tuple[Line, ...]
    file: StoredFile
    elapsed_s: float


async def play(person: Person, url: str, *, choose: str, hear: Callable[[Line], None]) -> Played:
    """Send a link, tap the first button with a label, and wait for the file.

    Args:
        person: Who plays.
        url: The link.
        choose: Part of a button's label.
        hear: Called with each line as it appears.

    Raises:
        TimeoutError: If the bot does not answer; the text shows the chat.
    """
    began = time.monotonic()
    lines: list[Line] = []

    async def listen(ear: Ear) -> None:
        while True:
            line = _line(person, await ear.next())
            if line is not None and (not lines or lines[-1] != line):
                lines.append(line)
                hear(line)

    async with Ear(person.world) as ear, asyncio.TaskGroup() as group:
        listener = group.create_task(listen(ear))
        person.say(url)
        card = await person.wait_for(lambda m: any(choose in button.label for button in m.buttons), _PATIENCE_S)
        person.tap(card, card.button(choose))
        arrived = await person.wait_for(_is_delivery, _PATIENCE_S)
        await _settled(person, card)
        listener.cancel()
    if arrived.file is None:
        raise TimeoutError("no file arrived")
    return Played(tuple(lines), arrived.file, time.monotonic() - began)


def keep(file: StoredFile, folder: Path) -> Path:
    """Copy what arrived to where the person can look at it."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / (Path(file.name).name or f"{file.kind}{file.path.suffix}")
    shutil.copyfile(file.path, target)
    return target


def _is_delivery(message: Message) -> bool:
    return message.file is not None and not message.keyboard and message.file.kind != "photo"


async def _settled(person: Person, card: Message) -> None:
    """Wait until the status message is gone or changed for the last time."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        found = person.world.find_message(card.chat_id, card.message_id)
        if found is None or not found.keyboard:
            return
        await asyncio.sleep(0.05)


def _line(person: Person, happening: Happening) -> Line | None:
    match happening:
        case MessagePosted(message=message):
            return _shown("message", person, message)
        case MessageEdited(message=message):
            return _shown("edit", person, message)
        case MessageRemoved(message_id=message_id):
            return Line("delete", "", "", (), None, message_id)
        case _:
            return None


def _shown(event: str, person: Person, message: Message) -> Line:
    return Line(
        event=event,
        who=person.world.user(message.sender_id).first_name,
        text=message.text,
        buttons=tuple(button.label for button in message.buttons),
        file=message.file.kind if message.file else None,
        message_id=message.message_id,
    )
