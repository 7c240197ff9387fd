"""The sandbox in a process of its own, so that what it costs is not measured as ours."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession
from aiohttp.web import HTTPTooManyRequests

from fetchgram_sandbox.happenings import CallMade, Happening
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.stage import Stage

_PAUSE_S = 0.02
_PATIENCE_S = 60.0
_LONGEST_LINE = 2**24
"""The ids of 100,000 people are told in one line."""


class StageProcess:
    """Starts the sandbox and acts in it over HTTP.

    Args:
        clips: Folder of the media site's clips.
        people: Have a chat with the bot.
        updates: Messages that wait before any bot asks, said by the people in turn.
        has_rates: Whether the server refuses what is too fast, as Telegram does.

    Attributes:
        url: Of the Bot API server.
        token: Of the bot.
        site: Address of the media site.
        people: Their ids.
    """

    def __init__(self, clips: Path, *, people: int = 1, updates: int = 0, has_rates: bool = False) -> None:
        self._arguments = (str(clips), str(people), str(updates), *(["--rates"] if has_rates else []))
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        """Start it."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, __file__, *self._arguments, stdout=PIPE, limit=_LONGEST_LINE
        )
        if self._process.stdout is None:
            raise RuntimeError("the sandbox has no output")
        told = json.loads(await self._process.stdout.readline())
        self.url, self.token = str(told["botapi"]["url"]), str(told["botapi"]["token"])
        self.site = str(told["site"]["url"])
        self.people = tuple(int(each) for each in told["people"])
        self._http = ClientSession(self.url)
        self._refusals = self._process.stdout
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop it."""
        await self._http.close()
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            await self._process.wait()

    async def say(self, person: int, text: str) -> None:
        """Send a message in the private chat with the bot."""
        await self._post("/sim/messages", {"person": person, "chat": person, "text": text})

    async def tap_first(self, person: int) -> None:
        """Wait for a card and tap its first button.

        Raises:
            TimeoutError: No card comes.
        """
        async with asyncio.timeout(_PATIENCE_S):
            message_id, data = await self._first_button(person)
        await self._post("/sim/taps", {"person": person, "chat": person, "message_id": message_id, "data": data})

    async def messages(self, person: int) -> list[dict[str, Any]]:
        """Return what is in a private chat, as the Bot API shows messages."""
        async with self._http.get("/sim/messages", params={"chat": person}) as answer:
            answer.raise_for_status()
            return list(await answer.json())

    async def refusals(self) -> int:
        """Return how many calls were refused for being too fast."""
        if self._process is None:
            raise RuntimeError("the sandbox does not run")
        self._process.send_signal(signal.SIGUSR1)
        return int(await self._refusals.readline())

    async def _first_button(self, person: int) -> tuple[int, str]:
        while True:
            for message in await self.messages(person):
                rows = message.get("reply_markup", {}).get("inline_keyboard", [])
                # One button alone is the one that cancels.
                if len(rows) > 1:
                    return int(message["message_id"]), str(rows[0][0]["callback_data"])
            await asyncio.sleep(_PAUSE_S)

    async def _post(self, path: str, body: dict[str, object]) -> None:
        async with self._http.post(path, json=body) as answer:
            answer.raise_for_status()


async def _serve(clips: Path, people: int, updates: int, *, rates: bool) -> None:
    unhurried = replace(Limits.unhurried(), upload_bytes=Limits.local_server().upload_bytes)
    refusals = 0

    def hear(happening: Happening) -> None:
        nonlocal refusals
        refusals += isinstance(happening, CallMade) and happening.error_code == HTTPTooManyRequests.status_code

    async with Stage(clips, limits=Limits() if rates else unhurried) as stage:
        stage.world.listen(hear)
        others = [Person(stage.world, stage.world.new_person(f"Person {n}")) for n in range(1, people)]
        everybody = [stage.person, *others]
        for number in range(updates):
            everybody[number % people].say(f"message {number}")
        told = {**stage.describe(), "people": [person.id for person in everybody]}
        print(json.dumps(told), flush=True)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.add_signal_handler(signal.SIGUSR1, lambda: print(refusals, flush=True))
        await stop.wait()


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clips", type=Path)
    parser.add_argument("people", type=int)
    parser.add_argument("updates", type=int)
    parser.add_argument("--rates", action="store_true")
    asyncio.run(_serve(**vars(parser.parse_args())))


if __name__ == "__main__":
    _main()
