"""The route of a link: intake, queue, run; knows storage, plugins and workers, never Telegram."""

from __future__ import annotations
