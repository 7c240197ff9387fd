"""What a plugin is given: narrow on purpose, never the app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fetchgram.errors import PluginError
from fetchgram.ports import Clock, MediaTools, Network, NotifyAdmins, PluginDatabase, Sentences, Workers

if TYPE_CHECKING:
    from fetchgram.control.ports import Control

CONTROL = "control"
"""What a class says in `needs` whose context shall have `control`."""


class Powers:
    """What plugins may do with the bot by themselves: made before them, filled when the route is wired."""

    def __init__(self) -> None:
        self._of: Callable[[str], Control] | None = None
        self._allowed: set[str] = set()

    def allow(self, plugin: str) -> None:
        """Give a plugin what it needs by its own word, for everybody to read."""
        self._allowed.add(plugin)

    def attach(self, of: Callable[[str], Control]) -> None:
        """Say where it comes from."""
        self._of = of

    def of(self, plugin: str) -> Control:
        """Return what a plugin may do by itself.

        Raises:
            PluginError: If its class does not say that it needs that, or nothing is wired here.
        """
        if plugin not in self._allowed:
            raise PluginError(f"its class does not say `needs = ({CONTROL!r},)`", plugin=plugin)
        if self._of is None:
            raise PluginError("there is no bot here to control", plugin=plugin)
        return self._of(plugin)


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginContext:
    """Implements `ports.Context`.

    Args:
        name: The plugin's own name.
        data_dir: A folder of the plugin's own; exists.
        clock: Time.
        database: Its own tables.
        network: The guarded way out.
        workers: Isolated processes of this plugin.
        media: Looks at and works on local files.
        texts: Catalogues.
        notify_admins: Tells the admins.
        _powers: What the plugin may do by itself, if it needs that; a plugin sees `control` only.
    """

    name: str
    data_dir: Path
    clock: Clock
    database: PluginDatabase
    network: Network
    workers: Workers
    media: MediaTools
    texts: Sentences
    notify_admins: NotifyAdmins
    _powers: Powers = field(default_factory=Powers)

    @property
    def control(self) -> Control:
        """What the plugin may do by itself, as `system:<plugin>`.

        Raises:
            PluginError: If its class does not say `needs = ("control",)`.
        """
        return self._powers.of(self.name)


def make_data_dir(root: Path, name: str) -> Path:
    """Make the folder of one plugin, readable for the bot's own user only, and return it."""
    folder = root / "plugins" / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
