"""What must survive: tables, transactions and migrations."""

from __future__ import annotations

from fetchgram.storage.engines import is_shared
from fetchgram.storage.migrate import purge_plugin
from fetchgram.storage.plugin_tables import PluginTables, PluginTransaction
from fetchgram.storage.shared import SharedStorage
from fetchgram.storage.storage import Session, Storage, open_storage

__all__ = [
    "PluginTables",
    "PluginTransaction",
    "Session",
    "SharedStorage",
    "Storage",
    "is_shared",
    "open_storage",
    "purge_plugin",
]
