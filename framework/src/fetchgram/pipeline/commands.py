"""Commands of other processes on this machine: rows that `fetchgram run` reads, carries out and answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from fetchgram.errors import DiskFull, FetchgramError, TemporarilyUnavailable
from fetchgram.model import Json, RequestState
from fetchgram.pipeline.audience import Audience, Cancelled
from fetchgram.pipeline.intake import Intake
from fetchgram.storage import Storage
from fetchgram.storage.commands import StoredCommand

log = structlog.get_logger()

CANCEL = "job.cancel"
RETRY = "job.retry"

_EVERY_S = 0.5
_AT_ONCE = 20


class Commands:
    """Carries out what other processes ask for.

    Args:
        storage: Holds the commands.
        intake: Cancels and retries.
        audience: Hears of it.
    """

    def __init__(self, *, storage: Storage, intake: Intake, audience: Audience) -> None:
        self._storage = storage
        self._intake = intake
        self._audience = audience
        self._known: Mapping[str, Callable[[int], Awaitable[Json]]] = {CANCEL: self._cancel, RETRY: self._retry}

    async def run(self) -> None:
        """Carry out until cancelled; what a killed process had begun is begun again, which does no harm."""
        again = True
        while True:
            try:
                if again:
                    await self._requeue()
                again = False
                carried_out = await self.carry_out()
            except (DiskFull, TemporarilyUnavailable) as error:
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
            return await known(int(str(command.args["job"])))
        except (FetchgramError, LookupError) as error:
            log.warning("command.failed", command=command.name, error=repr(error))
            return {"error": str(error)}

    async def _cancel(self, job_id: int) -> Json:
        cancelled: list[Json] = []
        for request_id in await self._requests(job_id):
            request = await self._intake.cancel(request_id)
            if request.state is RequestState.CANCELLED:
                await self._audience.tell(request_id, 0, Cancelled())
                cancelled.append(request_id)
        return {"requests": cancelled}

    async def _retry(self, job_id: int) -> Json:
        retried = [await self._intake.retry(request_id) for request_id in await self._requests(job_id)]
        return {"requests": [request.id for request in retried if not request.state.ended]}

    async def _requests(self, job_id: int) -> list[int]:
        async with self._storage.read() as session:
            if await session.jobs.get(job_id) is None:
                raise LookupError(f"there is no job {job_id}")
            return sorted({delivery.request_id for delivery in await session.deliveries.of_job(job_id)})
