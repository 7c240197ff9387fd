"""The stages of a job, each ending in a checkpoint: cached, download, post_process, deliver."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import TypeVar

import structlog

from fetchgram.errors import PluginError, TemporarilyUnavailable, TooLarge
from fetchgram.model import At, Delivery, Job, Media, MediaKind, Stage
from fetchgram.pipeline.audience import Working
from fetchgram.pipeline.checkpoints import checkpoint_of, holds
from fetchgram.pipeline.delivery import Deliveries
from fetchgram.pipeline.disk import SLACK, Disk
from fetchgram.pipeline.facts import Took
from fetchgram.pipeline.lanes import Lanes
from fetchgram.pipeline.outcome import Outcomes
from fetchgram.pipeline.progress import ProgressSink
from fetchgram.pipeline.resolver import Resolver
from fetchgram.pipeline.sizes import Sizes
from fetchgram.pipeline.workdir import Workdirs
from fetchgram.plugins.hooks import Hooks
from fetchgram.ports import Clock
from fetchgram.settings import WorkSettings
from fetchgram.workers.watch import watch_bytes

log = structlog.get_logger()

T = TypeVar("T")


class Stages:
    """Carries one job through its stages.

    Args:
        hooks: The plugins.
        resolver: Makes the wish for a list's item exact.
        deliveries: The last stage.
        outcomes: Checkpoints, and who hears of them.
        workdirs: Where files are.
        disk: Room for them.
        work: How much at once.
        sizes: Largest downloads.
        clock: Time.
    """

    def __init__(  # noqa: PLR0913  # each stage, and what bounds it
        self,
        *,
        hooks: Hooks,
        resolver: Resolver,
        deliveries: Deliveries,
        outcomes: Outcomes,
        workdirs: Workdirs,
        disk: Disk,
        work: WorkSettings,
        sizes: Sizes,
        clock: Clock,
    ) -> None:
        self._hooks = hooks
        self._resolver = resolver
        self._deliveries = deliveries
        self._lanes = Lanes()
        self._outcomes = outcomes
        self._workdirs = workdirs
        self._disk = disk
        self._clock = clock
        self._timeout_s = work.job_timeout_s
        self._sizes = sizes
        self._downloads = asyncio.Semaphore(work.downloads)
        self._transcodes = asyncio.Semaphore(work.transcodes)
        self._uploads = asyncio.Semaphore(work.uploads)

    async def carry(self, job: Job) -> None:
        """Do what is left of a job, from its checkpoint on; returns when every request of it is answered.

        It ends with the plugins it began with, whatever admins change meanwhile.
        """
        with self._hooks.roster.hold():
            await self._carry(job)

    async def _carry(self, job: Job) -> None:
        exact = await self._resolver.exact(job)
        if exact is None or await self._deliveries.from_cache(exact):
            return
        async with self._disk.room(exact):
            workdir = await self._workdirs.open(job.id)
            job = await self._download(exact, workdir)
            job = await self._post_process(job, workdir)
            async with self._lane(await self._outcomes.first_waiting(job)), self._uploads:
                await self._outcomes.tell_all(job, Working(stage=Stage.DELIVER))
                await self._with_progress(job, Stage.DELIVER, lambda sink: self._deliveries.deliver(job, sink))

    def _lane(self, delivery: Delivery | None) -> AbstractAsyncContextManager[None]:
        """Return the lane of a list's item; others take no turns."""
        if delivery is None or not delivery.position:
            return nullcontext()
        return self._lanes.enter(delivery.request_id, delivery.position)

    async def _download(self, job: Job, workdir: Path) -> Job:
        if job.checkpoint is not None:
            if await holds(job.checkpoint):
                return job
            log.warning("job.files_damaged", files=len(job.checkpoint.media))
            # Nothing that lies there can be trusted to go on from.
            await self._workdirs.remove(job.id)
            await self._workdirs.open(job.id)
        async with self._downloads:
            began_s = self._clock.monotonic()
            await self._outcomes.tell_all(job, Working(stage=Stage.DOWNLOAD))
            most = await self._sizes.of_job(job)
            media = await self._with_progress(
                job,
                Stage.DOWNLOAD,
                lambda sink: self._bounded(self._hooks.download(job, workdir, sink), workdir, most),
                max_bytes=most,
            )
        _refuse_strays(media, workdir, job.link.plugin)
        if (size_bytes := sum(item.size_bytes for item in media)) > most:
            raise TooLarge(size_bytes, most)
        took = Took(stage=Stage.DOWNLOAD, seconds=self._clock.monotonic() - began_s)
        return await self._outcomes.checkpoint(job, Stage.POST_PROCESS, await checkpoint_of(media), took)

    async def _post_process(self, job: Job, workdir: Path) -> Job:
        steps = [step for step in job.recipe.steps if step.at is At.AFTER]
        done = job.checkpoint.steps_done if job.checkpoint else 0
        for number, step in enumerate(steps[done:], start=done + 1):
            files, texts = _apart(job.checkpoint.media if job.checkpoint else ())
            async with self._transcodes:
                began_s = self._clock.monotonic()
                await self._outcomes.tell_all(job, Working(stage=Stage.POST_PROCESS, step=step.key))
                result = await self._with_progress(
                    job,
                    Stage.POST_PROCESS,
                    lambda sink, files=files, step=step: self._hooks.post_process(files, step, workdir, sink, steps),  # type: ignore[misc]  # mypy cannot infer lambdas with defaults
                )
            _refuse_strays(result, workdir, step.plugin)
            took = Took(stage=Stage.POST_PROCESS, step=step.key, seconds=self._clock.monotonic() - began_s)
            checkpoint = await checkpoint_of((*result, *texts), steps_done=number)
            job = await self._outcomes.checkpoint(job, Stage.POST_PROCESS, checkpoint, took)
        if job.stage is not Stage.DELIVER:
            job = await self._outcomes.checkpoint(job, Stage.DELIVER, job.checkpoint)
        return job

    async def _with_progress(
        self, job: Job, stage: Stage, work: Callable[[ProgressSink], Awaitable[T]], *, max_bytes: int | None = None
    ) -> T:
        sink = ProgressSink(stage, lambda news: self._outcomes.tell_all(job, news), self._clock, max_bytes=max_bytes)
        async with asyncio.TaskGroup() as group:
            pump = group.create_task(sink.pump())
            result = await work(sink)
            pump.cancel()
        await sink.flush()
        return result

    async def _bounded(self, work: Awaitable[Sequence[Media]], workdir: Path, most_bytes: int) -> Sequence[Media]:
        try:
            async with asyncio.timeout(self._timeout_s), asyncio.TaskGroup() as group:
                watch = group.create_task(_watch(workdir, most_bytes))
                media = await work
                watch.cancel()
        except TimeoutError as error:
            raise TemporarilyUnavailable(f"the download took longer than {self._timeout_s:.0f} s") from error
        return media


async def _watch(workdir: Path, most_bytes: int) -> None:
    try:
        await watch_bytes(workdir, int(most_bytes * SLACK))
    except TooLarge as error:
        # The folder's limit has slack, and what it holds is no file: people hear of the limit that was set.
        raise TooLarge(None, most_bytes) from error


def _apart(media: Sequence[Media]) -> tuple[list[Media], list[Media]]:
    """Part files from texts, of which there is nothing to be made."""
    files = [item for item in media if item.kind is not MediaKind.TEXT]
    return files, [item for item in media if item.kind is MediaKind.TEXT]


def _refuse_strays(media: Sequence[Media], workdir: Path, plugin: str) -> None:
    root = workdir.resolve()
    for item in media:
        if not item.path.resolve().is_relative_to(root):
            raise PluginError(f"{item.path.name!r} is outside of the workdir", plugin=plugin)
        if not item.path.is_file():
            raise PluginError(f"{item.path.name!r} came back and is not there", plugin=plugin)
    if not media:
        raise PluginError("no media came back", plugin=plugin)
