"""What an admin may do, as a plugin sees it: one small protocol for each field, behind one door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fetchgram.control.broadcast_ports import Broadcasts
from fetchgram.control.care_ports import HealthField, Maintenance
from fetchgram.control.people_ports import Access, People
from fetchgram.control.work_ports import Failures, Jobs, Statistics
from fetchgram.model import Role
from fetchgram.model.audit import AuditEntry
from fetchgram.model.plugins import PluginCard, PluginSetting


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


class PluginsField(Protocol):
    """The plugins; looked at from the role viewer on, changed by admins.

    A change holds at once, here and in every other process, and after a restart too: what begins from then on gets
    the new plugin, what runs ends with the old one.
    """

    async def list(self) -> Sequence[PluginCard]:
        """Return all plugins with how they did in the last day."""
        ...

    async def settings(self, plugin: str) -> Sequence[PluginSetting]:
        """Return the settings of a plugin, of one that is switched off too.

        Raises:
            ConfigError: If its settings do not fit.
            PluginLoadError: If its code cannot be imported.
        """
        ...

    async def enable(self, plugin: str) -> None:
        """Switch a plugin on; one that failed is tried again.

        Raises:
            ConfigError: If it cannot be built or started; the sentence says why.
        """
        ...

    async def disable(self, plugin: str) -> None:
        """Switch a plugin off.

        Raises:
            ConfigError: If it is a part of the core.
        """
        ...

    async def resume(self, plugin: str) -> None:
        """End the pause of a plugin that had failed too often."""
        ...

    async def set(self, plugin: str, setting: str, value: str | bool | None) -> None:  # noqa: FBT001  # a setting may be one
        """Give a setting another value.

        Args:
            plugin: Whose.
            setting: Its name.
            value: As a person typed or picked it; `None` for no value.

        Raises:
            ConfigError: If it does not fit, or the plugin cannot be built or started with it; the old one goes on.
        """
        ...

    async def reset(self, plugin: str, setting: str) -> None:
        """Let a setting be as in the configuration again."""
        ...


class Configuration(Protocol):
    """The core's own settings; looked at from the role viewer on. They hold from a start on."""

    async def sections(self) -> Sequence[str]:
        """Return the names of the sections, as in the file."""
        ...

    async def of(self, section: str) -> Sequence[PluginSetting]:
        """Return the settings of a section; of secrets only whether there is one.

        Raises:
            ConfigError: If there is no such section.
        """
        ...


class Privacy(Protocol):
    """What everybody may have done with what is kept about them."""

    async def forget_me(self) -> None:
        """Delete it, and tell plugins to do the same (`person.forgotten`).

        Raises:
            NotAllowed: If nobody stands behind it; so in what follows.
        """
        ...

    async def wants_news(self) -> bool:
        """Whether the person gets broadcasts."""
        ...

    async def set_news(self, *, wanted: bool) -> None:
        """Remember whether the person wants broadcasts; of the button under each of them, and of /news."""
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

    @property
    def plugins(self) -> PluginsField:
        """Plugins on and off, and their settings."""
        ...

    @property
    def configuration(self) -> Configuration:
        """The core's own settings."""
        ...

    @property
    def privacy(self) -> Privacy:
        """What is kept about the person."""
        ...

    @property
    def people(self) -> People:
        """People of the bot."""
        ...

    @property
    def access(self) -> Access:
        """Who is let in."""
        ...

    @property
    def jobs(self) -> Jobs:
        """The line of jobs."""
        ...

    @property
    def failures(self) -> Failures:
        """What failed and why."""
        ...

    @property
    def broadcasts(self) -> Broadcasts:
        """Messages to many people."""
        ...

    @property
    def health(self) -> HealthField:
        """How everything is."""
        ...

    @property
    def maintenance(self) -> Maintenance:
        """Looking after the whole bot."""
        ...

    @property
    def statistics(self) -> Statistics:
        """How much the bot is used."""
        ...
