"""What an admin may do, as a plugin sees it: one small protocol for each field, behind one door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fetchgram.model import Role
from fetchgram.model.audit import AuditEntry


class Audit(Protocol):
    """What admins did; from the role viewer on."""

    async def page(
        self, *, before: int | None = None, target: str | None = None, limit: int = 10
    ) -> Sequence[AuditEntry]:
        """Return changes, the newest first.

        Args:
            before: Only those that are older than this number.
            target: Only those of this target, as `person:42`.
            limit: Most entries.

        Raises:
            NotAllowed: If the person behind it is no viewer any more.
        """
        ...


class Control(Protocol):
    """What the person behind an interaction may do, or `system:<plugin>` behind a schedule.

    Each method asks the database for the role before it does anything, and raises `NotAllowed` where it does not
    reach. Each change writes its line of the audit log in its own transaction.
    """

    @property
    def role(self) -> Role:
        """The role, read when the interaction began."""
        ...

    @property
    def audit(self) -> Audit:
        """What admins did."""
        ...
