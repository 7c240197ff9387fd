"""What admins changed at run time, for commands that tell what holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchgram.cli.signals import run_until_signal
from fetchgram.errors import FetchgramError
from fetchgram.plugins.overrides import Overrides

if TYPE_CHECKING:
    from fetchgram.settings import Settings

_FILE = "fetchgram.db"


def changed_by_admins(settings: Settings) -> Overrides:
    """Return it, where there is a database that can be read; a command that only tells makes none."""
    if settings.database.url is None and not (settings.data_dir / _FILE).exists():
        return Overrides()
    try:
        return run_until_signal(_read(settings))
    except FetchgramError:
        return Overrides()  # `fetchgram check` says what is wrong with it


async def _read(settings: Settings) -> Overrides:
    from fetchgram.pipeline.switches import recalled  # noqa: PLC0415  # heavy
    from fetchgram.storage import open_storage  # noqa: PLC0415  # heavy

    storage = await open_storage(settings.database.url, settings.data_dir, migrate=False)
    try:
        return await recalled(storage) if await storage.schema() else Overrides()
    finally:
        await storage.close()
