"""Any site that yt-dlp knows, and the yt-dlp engine that other plugins build on."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fetchgram_ytdlp.engine import YtdlpEngine
    from fetchgram_ytdlp.settings import EngineOptions

__all__ = ["EngineOptions", "YtdlpEngine"]

_HOMES = {"EngineOptions": "settings", "YtdlpEngine": "engine"}


def __getattr__(name: str) -> object:
    """Import the engine when somebody asks for it, so that importing the plugin stays cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
