"""fetchgram: a plugin-based Telegram media bot and the framework under it."""

from __future__ import annotations
