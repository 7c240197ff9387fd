"""All that an actor may do, put together for each interaction."""

from __future__ import annotations

from dataclasses import dataclass

from fetchgram.control.access import AccessControl
from fetchgram.control.audit import AuditControl
from fetchgram.control.authority import Actor, Authority
from fetchgram.control.broadcasts import BroadcastControl, Mailer
from fetchgram.control.configuration import ConfigurationControl
from fetchgram.control.courier import Courier
from fetchgram.control.failures import FailuresControl
from fetchgram.control.health import HealthControl
from fetchgram.control.jobs import JobsControl
from fetchgram.control.maintenance import MaintenanceControl
from fetchgram.control.people import PeopleControl
from fetchgram.control.plugins import PluginsControl
from fetchgram.control.privacy import PrivacyControl
from fetchgram.control.statistics import StatisticsControl
from fetchgram.model import Person, Role
from fetchgram.ops.care import Care
from fetchgram.pipeline.switches import Switches
from fetchgram.plugins.hooks import Hooks
from fetchgram.settings import Settings
from fetchgram.storage import Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundControl:
    """Implements `ports.Control` for one actor."""

    role: Role
    audit: AuditControl
    plugins: PluginsControl
    configuration: ConfigurationControl
    privacy: PrivacyControl
    people: PeopleControl
    access: AccessControl
    jobs: JobsControl
    failures: FailuresControl
    broadcasts: BroadcastControl
    health: HealthControl
    maintenance: MaintenanceControl
    statistics: StatisticsControl


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """Binds what may be done to whoever does it.

    Args:
        storage: Everything that is changed, roles and the audit log.
        settings: Who is owner, and what holds for everybody.
        courier: Reaches people.
        switches: Change plugins.
        hooks: The plugins.
        care: Looks after the bot.
        mailer: Sends broadcasts, where that is done.
    """

    storage: Storage
    settings: Settings
    courier: Courier
    switches: Switches
    hooks: Hooks
    care: Care
    mailer: Mailer | None = None

    def of_person(self, person: Person, role: Role) -> BoundControl:
        """Return what a person may do whose interaction began with this role."""
        return self._bound(Actor(bot_id=person.bot_id, person=person.id, ceiling=role))

    def of_plugin(self, plugin: str) -> BoundControl:
        """Return what a plugin may do by itself: with the one bot; with several, only what concerns all of them."""
        bots = [int(bot.token.get_secret_value().partition(":")[0]) for bot in self.settings.bots.values()]
        return self._bound(Actor(bot_id=bots[0] if len(bots) == 1 else 0, plugin=plugin))

    def _bound(self, actor: Actor) -> BoundControl:
        settings, owners = self.settings, frozenset(self.settings.owners)
        authority = Authority(self.storage, owners, actor)
        return BoundControl(
            role=actor.ceiling,
            audit=AuditControl(authority),
            people=PeopleControl(authority, self.courier, limits=settings.limits, work=settings.work, owners=owners),
            access=AccessControl(authority, self.courier),
            jobs=JobsControl(authority),
            failures=FailuresControl(authority),
            broadcasts=BroadcastControl(authority, owners, self.mailer),
            plugins=PluginsControl(authority, self.switches, self.hooks),
            configuration=ConfigurationControl(authority, settings),
            privacy=PrivacyControl(authority),
            health=HealthControl(authority, self.care.watch),
            maintenance=MaintenanceControl(authority, self.storage, self.care),
            statistics=StatisticsControl(authority),
        )
