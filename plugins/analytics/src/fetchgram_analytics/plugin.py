"""The plugin: learns from events, keeps sums of them, and shows them to admins, and people their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fetchgram.api import CliCommand, Command, Context, Event, PluginError, Schedule, Transaction, hookimpl
from fetchgram_analytics.settings import Settings as AnalyticsSettings

if TYPE_CHECKING:
    from fetchgram_analytics.recording import Recorder
    from fetchgram_analytics.summing import Summing

_SUM_EVERY_S = 60.0
_CLEAN_EVERY_S = 3600.0
_REPORT_EVERY_S = 600.0


class Plugin:
    """Counts what people do, and draws it.

    Args:
        settings: Section `[plugin.analytics]`.
        context: `None` where only commands are named.
    """

    name = "analytics"
    api_version = 1
    Settings = AnalyticsSettings
    migrations = Path(__file__).parent / "migrations"

    def __init__(self, settings: AnalyticsSettings, context: Context | None) -> None:
        self._settings = settings
        self._context = context
        self._recorder: Recorder | None = None
        self._sums: Summing | None = None

    @hookimpl
    async def on_events(self, batch: Sequence[Event], transaction: Transaction) -> None:
        """Write events down; sums are made of them later, so that nobody waits long."""
        await self._recording().record(batch, transaction)

    @hookimpl
    def schedules(self) -> Sequence[Schedule]:
        """Name what is done now and then: adding up, cleaning up, reporting."""
        from fetchgram_analytics.dates import Place  # noqa: PLC0415  # not needed to load the plugin
        from fetchgram_analytics.keeping import Keeping  # noqa: PLC0415  # the same
        from fetchgram_analytics.painter import Painter  # noqa: PLC0415  # the same
        from fetchgram_analytics.reporting import Reporting  # noqa: PLC0415  # the same
        from fetchgram_analytics.zones import Zones  # noqa: PLC0415  # the same

        given, sums = self._given, self._summing()
        keeping = Keeping(given.database, self._settings, Place(self._settings.timezone))
        zones = Zones(given.database, self._recording(), self._settings)
        reporting = Reporting(given, self._settings, Painter(given, self._settings, sums), zones)

        async def clean_up() -> None:
            await keeping.clean_up(given.clock.now())

        async def add_up() -> None:
            await sums.catch_up()

        return (
            Schedule(name="sums", every_s=_SUM_EVERY_S, work=add_up),
            Schedule(name="clean-up", every_s=_CLEAN_EVERY_S, work=clean_up),
            Schedule(name="report", every_s=_REPORT_EVERY_S, work=reporting.tell_if_due),
        )

    @hookimpl
    def admin_commands(self) -> Sequence[Command]:
        """Add /analytics."""
        if self._context is None:
            return ()
        from fetchgram_analytics.painter import Painter  # noqa: PLC0415  # not needed to load the plugin
        from fetchgram_analytics.screens import Analytics  # noqa: PLC0415  # the same
        from fetchgram_analytics.zones import Zones  # noqa: PLC0415  # the same

        painter = Painter(self._context, self._settings, self._summing())
        return (Analytics(painter, Zones(self._context.database, self._recording(), self._settings)).command(),)

    @hookimpl
    def user_commands(self) -> Sequence[Command]:
        """Add /stats."""
        if self._context is None:
            return ()
        from fetchgram_analytics.card import Card  # noqa: PLC0415  # not needed to load the plugin
        from fetchgram_analytics.painter import Painter  # noqa: PLC0415  # the same

        painter = Painter(self._context, self._settings, self._summing())
        return (Card(painter, self._recording(), self._settings).command(),)

    @hookimpl
    def cli_commands(self) -> Sequence[CliCommand]:
        """Add `fetchgram analytics`."""
        from fetchgram_analytics.commands import group  # noqa: PLC0415  # not needed in the bot

        return (CliCommand(name=self.name, help="What people do with the bot.", app=group(self._settings)),)

    @property
    def _given(self) -> Context:
        if self._context is None:
            raise PluginError("nothing is counted without a context", plugin=self.name)
        return self._context

    def _recording(self) -> Recorder:
        from fetchgram_analytics.recording import Recorder  # noqa: PLC0415  # with SQLAlchemy

        self._recorder = self._recorder or Recorder(hash_ids=self._settings.hash_ids)
        return self._recorder

    def _summing(self) -> Summing:
        from fetchgram_analytics.dates import Place  # noqa: PLC0415  # not needed to load the plugin
        from fetchgram_analytics.summing import Summing  # noqa: PLC0415  # with SQLAlchemy

        self._sums = self._sums or Summing(self._given.database, Place(self._settings.timezone))
        return self._sums
