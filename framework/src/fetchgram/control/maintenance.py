"""Looking after the whole bot: maintenance, backup, log level, cache, clean-up, restart, tables as CSV."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from fetchgram.control.authority import Authority
from fetchgram.errors import ConfigError
from fetchgram.model import Json, Media, MediaKind, Role
from fetchgram.model.upkeep import UpkeepState
from fetchgram.ops.care import Care
from fetchgram.pipeline.upkeep import LEVELS, LOG, MODE, RESTART
from fetchgram.storage import TABLES, Storage, back_up, export

_LONGEST = 500
"""Of the text that people read; it stands in a message with other sentences."""
_AT_ONCE = 2_000


class MaintenanceControl:
    """Implements `ports.Maintenance`.

    Args:
        authority: Of whoever acts.
        storage: The database.
        care: Looks after the bot.
    """

    def __init__(self, authority: Authority, storage: Storage, care: Care) -> None:
        self._authority = authority
        self._storage = storage
        self._care = care

    async def state(self) -> UpkeepState:
        """Return what is set now."""
        async with self._authority.look("upkeep.state", minimum=Role.VIEWER) as session:
            rows = await session.overrides.get_all()
        why = rows.get(MODE)
        return UpkeepState(
            closed=isinstance(why, str),
            why=why if isinstance(why, str) else "",
            level=self._care.upkeep.level,
            levels=LEVELS,
            tables=tuple(TABLES),
            most_bytes=self._care.most_bytes,
        )

    async def close(self, why: str = "") -> None:
        """Take nothing new from people, who read why; admins still may."""
        await self._put("upkeep.close", MODE, why.strip()[:_LONGEST])

    async def open(self) -> None:
        """Take links again."""
        await self._put("upkeep.open", MODE, None)

    async def set_level(self, level: str | None) -> None:
        """Log from this level on; `None` as in the configuration."""
        await self._put("upkeep.log", LOG, level, among=LEVELS)

    async def restart(self) -> None:
        """Let every process end in order, to be started again by what watches over it."""
        async with self._authority.change("upkeep.restart", minimum=Role.ADMIN) as change:
            await change.session.overrides.set(RESTART, change.session.now.isoformat())

    async def purge_cache(self) -> int:
        """Forget every file that Telegram keeps for us; returns how many."""
        total = 0
        async with self._authority.change("upkeep.purge_cache", minimum=Role.ADMIN) as change:
            while count := await change.session.cache.purge(_AT_ONCE):
                total += count
            change.after = {"files": total}
        return total

    async def clean_up(self) -> Mapping[str, int]:
        """Remove what nobody needs, now; returns how much of what."""
        async with self._authority.change("upkeep.clean_up", minimum=Role.ADMIN):
            """Its line comes first: the work takes many transactions."""
        return await self._care.housekeeping.clean_up()

    async def back_up(self) -> Media:
        """Copy the database, without secrets, into a file."""
        async with self._authority.change("upkeep.back_up", minimum=Role.OWNER) as change:
            now = change.session.now
        path = await back_up(self._storage, self._care.data_dir / "backups", now)
        return await _document(path, "application/vnd.sqlite3")

    async def export(self, table: str) -> Media:
        """Write the newest rows of a table into a CSV file."""
        async with self._authority.change("upkeep.export", f"table:{table}", minimum=Role.OWNER) as change:
            if table not in TABLES:
                raise ConfigError(f"no table {table!r} to export")
            now = change.session.now
        path = self._care.data_dir / "exports" / f"{table}-{now:%Y%m%d-%H%M%S}.csv"
        await export(self._storage, table, path)
        return await _document(path, "text/csv")

    async def _put(self, action: str, key: str, value: Json, *, among: Sequence[str] | None = None) -> None:
        """Write a setting down with its line of the audit log, and let it hold here."""
        async with self._authority.change(action, minimum=Role.ADMIN) as change:
            if among is not None and value is not None and value not in among:
                raise ConfigError(f"{action}: there is no {value!r}")
            change.before, change.after = (await change.session.overrides.get_all()).get(key), value
            if value is None:
                await change.session.overrides.drop(key)
            else:
                await change.session.overrides.set(key, value)
        await self._care.upkeep.follow()


async def _document(path: Path, mime: str) -> Media:
    size_bytes = (await asyncio.to_thread(path.stat)).st_size
    return Media(path=path, kind=MediaKind.DOCUMENT, mime=mime, size_bytes=size_bytes, file_name=path.name)
