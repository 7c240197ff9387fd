"""Leads a link through: who asks, what was found and is still remembered, what is fetched, and by which engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar, cast
from urllib.parse import parse_qs, urlsplit

from fetchgram.api import (
    ContentUnavailable,
    Context,
    Job,
    Json,
    Link,
    LinkKind,
    Media,
    Page,
    Probe,
    Reason,
    Sink,
    TemporarilyUnavailable,
    WorkerTimeout,
    decode,
    encode,
    text,
)
from fetchgram_instagram.accounts import Accounts, Lease
from fetchgram_instagram.captions import caption_of, rest_of, title_of
from fetchgram_instagram.choices import WHOLE_TEXT, items_page, posts_page, probe_of, wanted
from fetchgram_instagram.deadline import Deadline
from fetchgram_instagram.fallback import Fallback
from fetchgram_instagram.files import Files, Words
from fetchgram_instagram.finds import Find, PostPage, Refusal, Verdict
from fetchgram_instagram.health import VISITOR
from fetchgram_instagram.links import claim
from fetchgram_instagram.memory import Memory
from fetchgram_instagram.settings import Settings
from fetchgram_instagram.visits import Visits

T = TypeVar("T")
Other: TypeAlias = Callable[[Refusal, Lease], Awaitable["T | Refusal"]]

_SHARE_PAGE_BYTES = 8_000_000


class Guide:
    """Everything that needs a context.

    Args:
        context: Of the plugin.
        settings: Of the plugin.
    """

    def __init__(self, context: Context, settings: Settings) -> None:
        self._context = context
        self._settings = settings
        self._accounts = Accounts(context.data_dir, context.database, settings, context.clock)
        self._visits = Visits(self._accounts, context)
        self._fallback = Fallback(context, settings)
        self._files = Files(context, settings)
        self._memory = Memory(context.clock)

    async def probe(self, link: Link) -> Probe:
        """Look a link up.

        Raises:
            ContentUnavailable, TemporarilyUnavailable, PluginError: As Instagram answered.
        """
        deadline = self._deadline()
        link = await self._resolved(link, deadline)
        found = await self._look(link, partial(self._fallback.probe, link, deadline), deadline)
        return found if isinstance(found, Probe) else probe_of(link, found)

    async def entries(self, link: Link, cursor: str | None) -> Page:
        """List the items of a post, or a page of a profile's posts.

        Raises:
            ContentUnavailable, TemporarilyUnavailable, PluginError: As Instagram answered.
        """
        deadline = self._deadline()
        if link.kind is not LinkKind.PROFILE:
            return items_page(link, await self._look(link, _nothing_else, deadline))

        async def ask(lease: Lease) -> PostPage | Refusal:
            return await self._list(lease, link, cursor, deadline)

        return posts_page(link, await self._visits.ask(link.kind, ask, deadline))

    async def download(self, job: Job, workdir: Path, sink: Sink) -> Sequence[Media]:
        """Fetch a choice; an address that is no longer good is looked up again.

        Raises:
            ChoiceGone: If the post has no such thing.
            ContentUnavailable, TemporarilyUnavailable, TooLarge, PluginError: As it went.
        """
        link, choice = job.link, job.recipe.choice
        for _ in range(2):
            found = await self._look(link, partial(self._fallback.download, job, workdir, sink), self._deadline())
            if not isinstance(found, Find):
                return found
            files = wanted(found, link, choice)
            if await self._files.fetch(files, workdir, sink):
                return await self._files.finish(files, workdir, _words(found, job))
            self._memory.forget(link)
        raise TemporarilyUnavailable("the media server refuses its own addresses", told=text("instagram-unreachable"))

    async def sessions(self) -> tuple[list[str], list[str]]:
        """Return the accounts whose sessions have ended, and the others."""
        health = await self._accounts.health()
        return [name for name, each in health.items() if each.ended], [
            n for n, each in health.items() if not each.ended
        ]

    def _deadline(self) -> Deadline:
        return Deadline.after(self._context.clock, self._settings.look_timeout_s)

    async def _look(self, link: Link, other: Other[T], deadline: Deadline) -> Find | T:
        """Return what is behind a link: remembered, by instaloader, or what the other engine makes of it."""
        known = self._memory.get(link)
        if known is not None:
            return known

        async def ask(lease: Lease) -> Find | T | Refusal:
            return await self._ask(lease, link, other, deadline)

        found: Find | T = await self._visits.ask(link.kind, ask, deadline)
        if isinstance(found, Find):
            self._memory.keep(link, found)
        return found

    async def _ask(self, lease: Lease, link: Link, other: Other[T], deadline: Deadline) -> Find | T | Refusal:
        answer = await self._run(lease, "look", link, deadline)
        if "found" in answer:
            return decode(Find, _object(answer["found"]))
        refusal = decode(Refusal, _object(answer["refusal"]))
        if await self._may_be_healed(lease, link, refusal):
            healed = await other(refusal, lease)
            if not isinstance(healed, Refusal):
                return healed
        lease.refusal = refusal
        return refusal

    async def _may_be_healed(self, lease: Lease, link: Link, refusal: Refusal) -> bool:
        """Tell whether the other engine is tried: behind a wall for visitors, accounts come first."""
        if not self._fallback.heals(link, refusal):
            return False
        if refusal.verdict is not Verdict.WALL:
            return True
        return lease.name == VISITOR and not await self._visits.living()

    async def _list(self, lease: Lease, link: Link, cursor: str | None, deadline: Deadline) -> PostPage | Refusal:
        answer = await self._run(lease, "list_posts", link, deadline, cursor=cursor)
        if "found" in answer:
            return decode(PostPage, _object(answer["found"]))
        lease.refusal = decode(Refusal, _object(answer["refusal"]))
        return lease.refusal

    async def _run(self, lease: Lease, work: str, link: Link, deadline: Deadline, **more: Json) -> dict[str, Json]:
        payload: dict[str, Json] = {
            "link": encode(link),
            "session": lease.session,
            "budget": lease.budget,
            "timeout_s": self._settings.socket_timeout_s,
            **more,
        }
        target = f"fetchgram_instagram.child:{work}"
        lease.asked += 1  # should the child die, one is what is known
        try:
            answer = await self._context.workers.run(target, payload, timeout_s=deadline.left_s)
        except WorkerTimeout as error:
            raise TemporarilyUnavailable(str(error), told=text("instagram-unreachable")) from error
        found = _object(answer)
        lease.asked += cast("int", found["asked"]) - 1
        return found

    async def _resolved(self, link: Link, deadline: Deadline) -> Link:
        """Follow a share link to what it means.

        Raises:
            ContentUnavailable: If it leads nowhere.
        """
        if link.kind is not LinkKind.MEDIA:
            return link
        timeout_s = min(self._settings.socket_timeout_s, deadline.left_s)
        fetched = await self._context.network.fetch(link.url, max_bytes=_SHARE_PAGE_BYTES, timeout_s=timeout_s)
        # Visitors who are not shown it are sent to the login page, which knows where they wanted to go.
        onward = parse_qs(urlsplit(fetched.url).query).get("next", [fetched.url])[0]
        found = claim(onward)
        if found is None or found.kind is LinkKind.MEDIA:
            raise ContentUnavailable(Reason.GONE, "a share link that leads nowhere", told=text("instagram-gone"))
        return found


async def _nothing_else(refusal: Refusal, _lease: Lease) -> Find | Refusal:
    return refusal


def _words(find: Find, job: Job) -> Words:
    """Return what is said of a post, with the rest of a long text only where it was wished for."""
    is_whole = any(step.key == WHOLE_TEXT for step in job.recipe.steps)
    url = job.link.url
    rest = rest_of(find, url) if is_whole else ""
    return Words(title=title_of(find), author=find.author, caption=caption_of(find, url), rest=rest)


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise TypeError(f"a JSON object, not {type(value).__name__}")
    return value
