"""Who takes part: one line-up at a time, so that what runs ends with the plugins it began with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from fetchgram.plugins.status import Loaded


class _LineUp:
    """Plugins that were there together, and how many are at work with them."""

    def __init__(self, owner: Roster, loaded: Loaded) -> None:
        self.owner = owner
        self.loaded = loaded
        self.users = 0


_HELD: ContextVar[_LineUp | None] = ContextVar("fetchgram.line_up", default=None)
"""What a task, and all that it starts, holds on to."""


class Roster:
    """The line-up of now, and those that somebody is still at work with.

    Args:
        loaded: The first one.
    """

    def __init__(self, loaded: Loaded) -> None:
        self._present = _LineUp(self, loaded)
        self._past: list[_LineUp] = []
        self._left = asyncio.Event()
        self._news = asyncio.Event()
        self.generation = 0
        """Rises with each change."""

    @property
    def present(self) -> Loaded:
        """The line-up of now, for whoever begins or tells."""
        return self._present.loaded

    @property
    def held(self) -> Loaded:
        """The line-up that this task began with; that of now, if it holds none."""
        return self._own().loaded

    @contextmanager
    def hold(self) -> Iterator[Loaded]:
        """Stay with one line-up as long as the block lasts, in the tasks that it starts too."""
        line_up = self._own()
        line_up.users += 1
        token = _HELD.set(line_up)
        try:
            yield line_up.loaded
        finally:
            _HELD.reset(token)
            line_up.users -= 1
            if not line_up.users and line_up in self._past:
                self._past.remove(line_up)
                self._left.set()

    def put(self, loaded: Loaded) -> None:
        """Let another line-up take the place of the present one."""
        if self._present.users:
            self._past.append(self._present)
        self._present = _LineUp(self, loaded)
        self.generation += 1
        self._news.set()
        self._news = asyncio.Event()

    async def unused(self, plugin: object) -> None:
        """Wait until nobody is at work any more with a plugin that is not there any more."""
        while any(other is plugin for line_up in self._past for other in line_up.loaded.plugins.values()):
            self._left.clear()
            await self._left.wait()

    async def changed(self, since: int) -> int:
        """Wait until the plugins are others than they were at this generation; returns the one of now."""
        while self.generation == since:
            await self._news.wait()
        return self.generation

    async def attend(
        self, names: Callable[[], Iterable[str]], serve: Callable[[str], Coroutine[object, object, None]]
    ) -> None:
        """Serve each of some plugins as long as it is the one that is there, until cancelled.

        Args:
            names: Of those that are to be served now.
            serve: Runs until cancelled.
        """
        serving: dict[str, tuple[object, asyncio.Task[None]]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                since = self.generation
                wanted = {name: self.present.plugins.get(name) for name in names()}
                for name, (plugin, task) in list(serving.items()):
                    if name not in wanted or wanted[name] is not plugin:
                        task.cancel()
                        del serving[name]
                for name in wanted.keys() - serving.keys():
                    serving[name] = (wanted[name], group.create_task(serve(name)))
                await self.changed(since)

    def _own(self) -> _LineUp:
        held = _HELD.get()
        return held if held is not None and held.owner is self else self._present
