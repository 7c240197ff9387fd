"""The `YoutubeDL` that is used: what the way out refuses is final, and who turned us away is remembered."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast

from yt_dlp import YoutubeDL
from yt_dlp.networking.exceptions import HTTPError, ProxyError

from fetchgram.api import TemporarilyUnavailable
from fetchgram_ytdlp.failures import refusal_of, turned_away


class GuardedYoutubeDL(YoutubeDL):  # type: ignore[misc]  # yt-dlp is not typed
    """Raises a refusal of the way out past yt-dlp's own retries, which keep nothing of an error but its text.

    Some extractors go on after "too many requests" and fail later with other words; `raise_turned_away` has the first.
    """

    _turned_away: TemporarilyUnavailable | None = None

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
            if isinstance(error, HTTPError) and error.status == HTTPStatus.TOO_MANY_REQUESTS:
                self._turned_away = turned_away(str(error), error.response.headers.get("Retry-After"))
            raise

    def raise_turned_away(self) -> None:
        """Raise if the site has answered a request with "too many".

        Raises:
            TemporarilyUnavailable: With the wait that it asked for.
        """
        if self._turned_away is not None:
            raise self._turned_away
