"""What a plugin is given: narrow on purpose, never the app."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fetchgram.ports import Clock, MediaTools, Network, NotifyAdmins, PluginDatabase, Sentences, Workers


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


def make_data_dir(root: Path, name: str) -> Path:
    """Make the folder of one plugin, readable for the bot's own user only, and return it."""
    folder = root / "plugins" / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
