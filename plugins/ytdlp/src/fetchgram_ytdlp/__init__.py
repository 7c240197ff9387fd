"""Any site that yt-dlp knows, and the yt-dlp engine that other plugins build on."""

from __future__ import annotations
