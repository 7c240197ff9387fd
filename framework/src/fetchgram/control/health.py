"""How everything is, for whoever may see it."""

from __future__ import annotations

from collections.abc import Sequence

from fetchgram.control.authority import Authority
from fetchgram.model import Role
from fetchgram.ops.watch import HealthWatch
from fetchgram.screens import Checked, Health

_WORST_FIRST = (Health.FAILING, Health.WARNING, Health.OK)


class HealthControl:
    """Implements `ports.HealthField`.

    Args:
        authority: Of whoever looks.
        watch: Looks by itself, and remembers.
    """

    def __init__(self, authority: Authority, watch: HealthWatch) -> None:
        self._authority = authority
        self._watch = watch

    async def look(self, *, afresh: bool = False) -> Sequence[Checked]:
        """Return what each check found, what is worst first."""
        async with self._authority.look("health.look", minimum=Role.VIEWER):
            """The role is all that is asked; the checks open their own transactions."""
        found = [*await self._watch.look(afresh=afresh), *await self._watch.others()]
        return sorted(found, key=lambda checked: (_WORST_FIRST.index(checked.report.health), checked.name))
