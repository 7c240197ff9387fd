"""The Telegram side: the only importer of aiogram, which takes seconds to import, so nothing imports this at start."""

from __future__ import annotations
