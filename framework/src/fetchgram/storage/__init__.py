"""What must survive: tables, transactions and migrations."""

from __future__ import annotations

from fetchgram.storage.backup import back_up
from fetchgram.storage.engines import is_shared
from fetchgram.storage.exports import TABLES, export
from fetchgram.storage.migrate import purge_plugin
from fetchgram.storage.patience import Patience, reach
from fetchgram.storage.plugin_tables import PluginTables, PluginTransaction
from fetchgram.storage.shared import SharedStorage
from fetchgram.storage.storage import Session, Storage, open_storage

__all__ = [
    "TABLES",
    "Patience",
    "PluginTables",
    "PluginTransaction",
    "Session",
    "SharedStorage",
    "Storage",
    "back_up",
    "export",
    "is_shared",
    "open_storage",
    "purge_plugin",
    "reach",
]
