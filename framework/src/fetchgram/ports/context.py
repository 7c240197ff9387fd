"""All that a plugin is given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fetchgram.ports.database import PluginDatabase
from fetchgram.ports.media import MediaTools
from fetchgram.ports.network import Network
from fetchgram.ports.texts import NotifyAdmins, Sentences
from fetchgram.ports.time import Clock
from fetchgram.ports.workers import Workers

if TYPE_CHECKING:
    from fetchgram.control.ports import Control


class Context(Protocol):
    """What a plugin is given: narrow on purpose."""

    @property
    def name(self) -> str:
        """The plugin's own name."""
        ...

    @property
    def data_dir(self) -> Path:
        """A folder of the plugin's own; exists."""
        ...

    @property
    def clock(self) -> Clock:
        """Time."""
        ...

    @property
    def database(self) -> PluginDatabase:
        """The plugin's own tables."""
        ...

    @property
    def network(self) -> Network:
        """The guarded way out."""
        ...

    @property
    def workers(self) -> Workers:
        """Isolated processes of this plugin."""
        ...

    @property
    def media(self) -> MediaTools:
        """Looks at and works on local files."""
        ...

    @property
    def texts(self) -> Sentences:
        """Catalogues."""
        ...

    @property
    def notify_admins(self) -> NotifyAdmins:
        """Tell the admins."""
        ...

    @property
    def control(self) -> Control:
        """What the plugin may do by itself, as `system:<plugin>`; `PluginError` unless its class `needs` that."""
        ...
