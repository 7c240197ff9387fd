"""What is written down of a failure, so that its number leads to the whole of it: bounded, and without secrets."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata

import structlog

from fetchgram.errors import FetchgramError
from fetchgram.logs import recent, redact
from fetchgram.model import Job, Request
from fetchgram.model.failures import Story
from fetchgram.plugins.hooks import Hooks
from fetchgram.ports import Clock
from fetchgram.storage import Storage

log = structlog.get_logger()

_HEAD, _TAIL = 1_200, 2_400
_MOST_ERROR, _MOST_URL, _MOST_LINE = 600, 500, 300
_LINES = 15
_QUERY = re.compile(r"""(https?://[^\s?'"<>]*)\?[^\s'"<>]+""", re.IGNORECASE)
"""Queries of addresses: signatures and keys stand there."""
_FOLDERS = re.compile(r'(?<=File ")[^"]*/(?:site-packages|src|python3\.\d+)/')
"""Where things are installed says nothing about a failure, and fills a phone's screen."""
_MARKS = re.compile(r"^[ |]*[~^]+[~^ ]*$\n?", re.MULTILINE)
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")
_CORE = "fetchgram"


class Stories:
    """Writes the stories of failures down.

    Args:
        storage: Where.
        hooks: Know the plugins' versions.
        clock: Time.
    """

    def __init__(self, storage: Storage, hooks: Hooks, clock: Clock) -> None:
        self._storage = storage
        self._hooks = hooks
        self._clock = clock
        self._versions: dict[str, Mapping[str, str]] = {}

    async def of_request(self, number: str, error: Exception, request: Request) -> None:
        """Write down why a link came to nothing."""
        plugin = getattr(error, "plugin", "") or (request.link.plugin if request.link else "")
        await self._keep(self._story(number, error, "request", plugin), request=request)

    async def of_job(self, number: str, error: Exception, job: Job) -> None:
        """Write down why a job failed."""
        plugin = getattr(error, "plugin", "") or job.link.plugin
        await self._keep(self._story(number, error, "job", plugin), job=job)

    async def of_delivery(self, number: str, error: Exception, job: Job, request_id: int) -> None:
        """Write down why something could not be sent."""
        async with self._storage.read() as session:
            request = await session.requests.get(request_id)
        plugin = getattr(error, "plugin", "") or job.link.plugin
        await self._keep(self._story(number, error, "delivery", plugin), job=job, request=request)

    async def of_screen(self, number: str, error: Exception, plugin: str, bot_id: int, person: int) -> None:
        """Write down a plugin's mistake at a command or button."""
        story = self._story(number, error, "screen", plugin)
        await self._keep(story, bot_id=bot_id, person=person)

    def _story(self, number: str, error: Exception, kind: str, plugin: str) -> Story:
        return Story(
            number=number,
            at=self._clock.now(),
            kind=kind,
            plugin=plugin,
            reason=error.text.key if isinstance(error, FetchgramError) else type(error).__name__,
            error=clean(f"{type(error).__name__}: {error}")[:_MOST_ERROR],
            traceback=_traceback(error),
            versions=self._versions_of(plugin),
        )

    async def _keep(
        self,
        story: Story,
        *,
        job: Job | None = None,
        request: Request | None = None,
        bot_id: int = 0,
        person: int | None = None,
    ) -> None:
        """Add whose it is, and write it down; a story that cannot be written must not hide the failure."""
        whole = replace(
            story,
            log=_said(job, request),
            stage="" if job is None else str(job.stage),
            bot_id=request.bot_id if request else bot_id,
            person=request.person if request else person,
            request_id=request.id if request else None,
            job_id=job.id if job else None,
            url=clean(job.link.url if job else request.url if request else "")[:_MOST_URL],
            title=(job.title if job else request.title if request else "")[:_MOST_URL],
        )
        try:
            async with self._storage.write() as session:
                await session.stories.add(whole)
        except FetchgramError as error:
            log.warning("story.not_kept", number=story.number, error=repr(error))

    def _versions_of(self, plugin: str) -> Mapping[str, str]:
        """Return the versions of fetchgram, of a plugin, and of what the plugin stands on; looked up once."""
        if plugin not in self._versions:
            row = next((row for row in self._hooks.statuses() if row.name == plugin), None)
            names = [_CORE] if row is None else [_CORE, row.distribution, *_requirements(row.distribution)]
            found = {name: _version(name) for name in dict.fromkeys(names)}
            self._versions[plugin] = {name: version for name, version in found.items() if version}
        return self._versions[plugin]


def clean(words: str) -> str:
    """Take tokens, passwords and the queries of addresses out of a text."""
    return _QUERY.sub(r"\1?…", redact(words))


def _traceback(error: Exception) -> str:
    child = getattr(error, "traceback", "")
    whole = clean("".join(traceback.format_exception(error)) + (f"\n{child}" if child else ""))
    whole = _MARKS.sub("", _FOLDERS.sub("", whole))
    return whole if len(whole) <= _HEAD + _TAIL else f"{whole[:_HEAD]}\n…\n{whole[-_TAIL:]}"


def _said(job: Job | None, request: Request | None) -> tuple[str, ...]:
    about = {"job": job.id if job else None, "request": request.id if request else None}
    lines = recent({name: number for name, number in about.items() if number is not None}, _LINES)
    return tuple(clean(line)[:_MOST_LINE] for line in lines)


def _requirements(distribution: str) -> list[str]:
    try:
        found = metadata.requires(distribution) or []
    except metadata.PackageNotFoundError:
        return []
    matches = (_REQUIREMENT.match(line) for line in found if "extra ==" not in line)
    return [match[0] for match in matches if match is not None]


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
