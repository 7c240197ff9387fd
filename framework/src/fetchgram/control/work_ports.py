"""Jobs and failures, as a plugin sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fetchgram.model.failures import FailureGroup, FailureLine, Story
from fetchgram.model.figures import Figures
from fetchgram.model.line import JobCard, LinePage


class Jobs(Protocol):
    """The line of jobs. Every method raises `NotAllowed` where the role does not reach."""

    async def page(self, *, after: str | None = None, limit: int = 8) -> LinePage:
        """Return the line in the order of turns; from viewer on.

        Args:
            after: What a page says of the one after it.
            limit: Most jobs.
        """
        ...

    async def card(self, job: int) -> JobCard | None:
        """Return all about a job, `None` when it is forgotten; from viewer on."""
        ...

    async def cancel(self, job: int) -> None:
        """Stop a job for everybody who waits for it, within a second; from moderator on.

        Raises:
            FetchgramError: If it has ended.
        """
        ...

    async def retry(self, job: int) -> None:
        """Run a job that failed or was stopped again, whatever the limits of those who asked; from moderator on.

        Raises:
            FetchgramError: If it is at work or arrived.
        """
        ...

    async def to_front(self, job: int) -> None:
        """Let a job that waits have its turn before all others; from moderator on.

        Raises:
            FetchgramError: If it does not wait.
        """
        ...


class Statistics(Protocol):
    """How much the bot is used; from the role viewer on."""

    async def figures(self) -> Figures:
        """Return people and wishes of the bot, counted afresh.

        Raises:
            NotAllowed: If the person behind it is no viewer any more.
        """
        ...


class Failures(Protocol):
    """What failed and why. Every method raises `NotAllowed` where the role does not reach: from viewer on."""

    async def story(self, number: str) -> Story | None:
        """Return all about the failure with this number, `None` when there is none, or none any more."""
        ...

    async def groups(self, *, limit: int = 10) -> Sequence[FailureGroup]:
        """Return what failed in the last two days, by plugin and reason, what fails most today first."""
        ...

    async def lines(
        self, plugin: str, reason: str, *, before: FailureLine | None = None, limit: int = 10
    ) -> Sequence[FailureLine]:
        """Return the newest failures of one plugin for one reason.

        Args:
            plugin: Whose.
            reason: As a group names it.
            before: Only what is older than this one.
            limit: Most lines.
        """
        ...
