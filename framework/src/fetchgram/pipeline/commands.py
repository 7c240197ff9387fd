"""Commands of other processes on this machine: rows that `fetchgram run` reads, carries out and answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from fetchgram.errors import FetchgramError
from fetchgram.model import Json, Request, RequestState
from fetchgram.pipeline.audience import Audience, Cancelled
from fetchgram.pipeline.intake import Intake
from fetchgram.pipeline.items import Items
from fetchgram.pipeline.places import standing_of
from fetchgram.pipeline.reruns import Reruns
from fetchgram.storage import Storage
from fetchgram.storage.commands import StoredCommand

log = structlog.get_logger()

CANCEL = "job.cancel"
RETRY = "job.retry"

_EVERY_S = 0.5
_AT_ONCE = 20
_MOST_FAILED = 1000
"""Of those that failed, so many are run again by one command, the newest."""


class Commands:
    """Carries out what other processes ask for.

    Args:
        storage: Holds the commands.
        intake: Cancels.
        reruns: Begins again.
        items: Cancels what is an item of a list, and not the whole.
        audience: Hears of it.
        others: What else can be asked for, by name; called with the command's arguments.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        intake: Intake,
        reruns: Reruns,
        items: Items,
        audience: Audience,
        others: Mapping[str, Callable[[Mapping[str, Json]], Awaitable[Json]]],
    ) -> None:
        self._storage = storage
        self._intake = intake
        self._reruns = reruns
        self._items = items
        self._audience = audience
        self._known = {
            CANCEL: lambda args: self._cancel(_job_id(args)),
            RETRY: lambda args: self._retry(_job_id(args)),
            **others,
        }

    async def run(self) -> None:
        """Carry out until cancelled; what a killed process had begun is begun again, which does no harm."""
        again = True
        while True:
            try:
                if again:
                    await self._requeue()
                again = False
                carried_out = await self.carry_out()
            except FetchgramError as error:
                log.warning("command.no_database", error=repr(error))
                again, carried_out = True, 0
            if not carried_out:
                await asyncio.sleep(_EVERY_S)

    async def carry_out(self) -> int:
        """Carry out what waits; returns how many there were."""
        async with self._storage.read() as session:
            if not await session.commands.waiting():
                return 0
        async with self._storage.write() as session:
            taken = await session.commands.take(_AT_ONCE)
        for command in taken:
            result = await self._answer(command)
            async with self._storage.write() as session:
                await session.commands.done(command.id, result)
        return len(taken)

    async def _requeue(self) -> None:
        async with self._storage.write() as session:
            await session.commands.requeue()

    async def _answer(self, command: StoredCommand) -> Json:
        log.info("command.taken", command=command.name, args=dict(command.args))
        known = self._known.get(command.name)
        if known is None:
            return {"error": f"unknown command {command.name!r}"}
        try:
            return await known(command.args)
        except (FetchgramError, LookupError) as error:
            log.warning("command.failed", command=command.name, error=repr(error))
            return {"error": str(error)}

    async def _cancel(self, job_id: int | None) -> Json:
        cancelled: list[Json] = []
        for request_id in await self._requests(job_id):
            place = await self._stopped(request_id, job_id)
            if place is not None:
                await self._audience.tell(request_id, place, Cancelled())
                cancelled.append(request_id)
        return {"requests": cancelled}

    async def _stopped(self, request_id: int, job_id: int | None) -> int | None:
        """Cancel a request, or the one item of a list that the job is for; returns its place, if that did anything."""
        if job_id is not None and (await self._intake.request(request_id)).listing is not None:
            return await self._items.stop_one(request_id, job_id)
        request = await self._intake.cancel(request_id)
        return 0 if request.state is RequestState.CANCELLED else None

    async def _retry(self, job_id: int | None) -> Json:
        again: list[Json] = []
        for request_id in await self._requests(job_id):
            request = await self._reruns.retry(request_id, limited=False)
            if not request.state.ended:
                again.append(request_id)
                await self._tell_place(request)
        return {"requests": again}

    async def _tell_place(self, request: Request) -> None:
        job_id = await self._intake.job_of(request)
        async with self._storage.read() as session:
            news = await standing_of(session, job_id)
        if news is not None:
            await self._audience.tell(request.id, 0, news)

    async def _requests(self, job_id: int | None) -> list[int]:
        """Return whose job it is; without one, whose jobs have failed."""
        async with self._storage.read() as session:
            if job_id is None:
                return await session.requests.failed(_MOST_FAILED)
            if await session.jobs.get(job_id) is None:
                raise LookupError(f"there is no job {job_id}")
            return sorted({delivery.request_id for delivery in await session.deliveries.of_job(job_id)})


def _job_id(args: Mapping[str, Json]) -> int | None:
    job_id = args["job"]
    return None if job_id is None else int(str(job_id))
