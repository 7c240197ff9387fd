"""Asks Instagram: as a visitor where visitors are shown it, else with the session of one account after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias, TypeVar

import structlog

from fetchgram.api import Context, FetchgramError, LinkKind, Text, text
from fetchgram_instagram import sentences
from fetchgram_instagram.accounts import Accounts, Lease
from fetchgram_instagram.deadline import Deadline
from fetchgram_instagram.finds import Refusal, Verdict
from fetchgram_instagram.health import VISITOR

log = structlog.get_logger()

T = TypeVar("T")
Work: TypeAlias = Callable[[Lease], Awaitable["T | Refusal"]]

_PATIENCE = 0.4
"""Of the time that is left, so much may pass with waiting for an account that somebody else uses."""
_FOR_ACCOUNTS = frozenset({LinkKind.STORY, LinkKind.HIGHLIGHT})
_MORE_FOR_ACCOUNTS = frozenset(
    {Verdict.LOGIN, Verdict.WALL, Verdict.RATE, Verdict.PRIVATE, Verdict.AGE, Verdict.EMPTY, Verdict.FEEDBACK}
)
"""What visitors are refused and somebody with an account may get."""
_MORE_FOR_OTHERS = frozenset(
    {Verdict.RATE, Verdict.WALL, Verdict.FEEDBACK, Verdict.LOGGED_OUT, Verdict.CHECKPOINT, Verdict.PRIVATE}
)
"""What one account is refused and another one may get."""


class Visits:
    """Chooses who asks, and draws the consequences of the answer.

    Args:
        accounts: Whose sessions there are.
        context: Of the plugin.
    """

    def __init__(self, accounts: Accounts, context: Context) -> None:
        self._accounts = accounts
        self._context = context

    async def ask(self, kind: LinkKind, work: Work[T], deadline: Deadline) -> T:
        """Let somebody do some work, and another one if that one may not.

        Nobody is asked twice for one link, and nobody is logged in.

        Args:
            kind: Of the link.
            work: Asks with a lease; returns what it found, or why it was refused.
            deadline: When nobody is asked any more.

        Raises:
            ContentUnavailable, TemporarilyUnavailable, PluginError: As the last one was told.
        """
        if kind in _FOR_ACCOUNTS:
            return await self._ask_accounts(kind, work, None, deadline)
        found = await self._ask_as((VISITOR,), work, deadline)
        if found is None:
            return await self._ask_accounts(kind, work, None, deadline)
        _, answer = found
        if not isinstance(answer, Refusal):
            return answer
        if answer.verdict in _MORE_FOR_ACCOUNTS:
            return await self._ask_accounts(kind, work, answer, deadline)
        raise sentences.error_of(answer, kind)

    async def living(self) -> tuple[str, ...]:
        """Return the accounts whose sessions have not ended."""
        health = await self._accounts.health()
        return tuple(name for name, each in health.items() if not each.ended)

    async def _ask_accounts(self, kind: LinkKind, work: Work[T], refusal: Refusal | None, deadline: Deadline) -> T:
        names = list(await self.living())
        while names and deadline.left_s:
            found = await self._ask_as(names, work, deadline)
            if found is None:
                break
            name, answer = found
            if not isinstance(answer, Refusal):
                return answer
            refusal = answer
            if answer.verdict not in _MORE_FOR_OTHERS:
                break
            names.remove(name)
        raise await self._error(kind, refusal, resting=names)

    async def _ask_as(self, names: Sequence[str], work: Work[T], deadline: Deadline) -> tuple[str, T | Refusal] | None:
        """Let one of these ask; `None` if none of them may for now."""
        async with self._accounts.lease(names, patience_s=_PATIENCE * deadline.left_s) as lease:
            if lease is None:
                return None
            answer = await work(lease)
        if isinstance(answer, Refusal):
            log.info("instagram.refused", account=lease.name, verdict=str(answer.verdict), message=answer.message)
        if lease.ended:
            await self._tell_ended(lease)
        return lease.name, answer

    async def _error(self, kind: LinkKind, refusal: Refusal | None, *, resting: Sequence[str]) -> FetchgramError:
        """Say why nobody got it."""
        names = (*(() if kind in _FOR_ACCOUNTS else (VISITOR,)), *await self.living())
        wait_s = await self._accounts.wait_s(names)
        # Somebody who rests or is busy might have got what others were refused.
        is_open = bool(resting) and refusal is not None and refusal.verdict in _MORE_FOR_ACCOUNTS
        if refusal is not None and not is_open:
            return sentences.error_of(refusal, kind, wait_s=wait_s or 0.0)
        return sentences.no_account() if wait_s is None else sentences.busy("all rest or are in use", wait_s)

    async def _tell_ended(self, lease: Lease) -> None:
        log.warning("instagram.session_ended", account=lease.name, why=lease.ended)
        told: Text = text("instagram-admin-ended", account=lease.name, why=text(f"instagram-ended-{lease.ended}"))
        await self._context.notify_admins(told, once_key=f"instagram:{lease.name}")
