"""What must survive: tables, transactions and migrations."""

from __future__ import annotations

from fetchgram.storage.engines import is_shared
from fetchgram.storage.storage import Session, Storage, open_storage

__all__ = ["Session", "Storage", "is_shared", "open_storage"]
