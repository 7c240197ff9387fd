"""The `YoutubeDL` that is used: what the way out refuses is final, and is not asked for again."""

from __future__ import annotations

from typing import cast

from yt_dlp import YoutubeDL
from yt_dlp.networking.exceptions import HTTPError, ProxyError

from fetchgram_ytdlp.failures import refusal_of


class GuardedYoutubeDL(YoutubeDL):  # type: ignore[misc]  # yt-dlp is not typed
    """Raises a refusal of the way out past yt-dlp's own retries, which keep nothing of an error but its text."""

    def urlopen(self, req: object) -> object:
        """Send one request.

        Raises:
            ContentUnavailable: `forbidden_address`.
        """
        try:
            return cast("object", super().urlopen(req))
        except (HTTPError, ProxyError) as error:
            refusal = refusal_of(error)
            if refusal is not None:
                raise refusal from error
            raise
