"""Fetches chosen streams into a folder, with one progress for all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fetchgram.api import Certainty, ContentUnavailable, Json, Reason, TemporarilyUnavailable, TooLarge
from fetchgram_ytdlp.ladder import Track
from fetchgram_ytdlp.options import Downloader, check_downloader
from fetchgram_ytdlp.translate import Info
from fetchgram_ytdlp.urls import FILE_KINDS, UNKNOWN_SUFFIX, digest

Report = Callable[[Json], None]

_REPORT_INTERVAL_S = 0.2


class Progress:
    """Sums up the streams of one download, reports at most five times a second, and stops at the limit.

    Args:
        tracks: All that will be fetched.
        max_bytes: Of all together.
        report: Takes `{"done": bytes, "total": bytes or null}`.
    """

    def __init__(self, tracks: Sequence[Track], max_bytes: int, report: Report) -> None:
        self._max_bytes = max_bytes
        self._totals: list[int | None] = [track.size_bytes for track in tracks]
        self._done = [0] * len(tracks)
        self._report = report
        self._next_s = 0.0
        self.current = 0

    def hear(self, status: Mapping[str, object]) -> None:
        """Be yt-dlp's progress hook, which it calls after each block that it wrote: of up to 4 MB.

        Raises:
            TooLarge: If these were too many bytes.
        """
        done, total = status.get("downloaded_bytes"), status.get("total_bytes")
        if isinstance(done, int | float):
            self._done[self.current] = int(done)
            if sum(self._done) > self._max_bytes:
                raise TooLarge(None, self._max_bytes)
        if self._totals[self.current] is None:  # yt-dlp's guess from the first pieces is worse than the site's own
            total = total or status.get("total_bytes_estimate")
        if isinstance(total, int | float) and total > 0:
            self._totals[self.current] = int(total)
        if status.get("status") == "finished":
            self._totals[self.current] = self._done[self.current]
        if time.monotonic() >= self._next_s:
            self.tell()

    def tell(self) -> None:
        """Report now."""
        self._next_s = time.monotonic() + _REPORT_INTERVAL_S
        done = sum(self._done)
        known = [total for total in self._totals if total is not None]
        total = max(done, sum(known)) if len(known) == len(self._totals) else None
        self._report({"done": done, "total": total})


def fetch(
    downloader: Downloader, info: Info, streams: Sequence[tuple[Track, Info]], *, max_bytes: int, report: Report
) -> list[str]:
    """Fetch each stream into the present folder; what an earlier attempt left is continued.

    Args:
        downloader: From `options.build`.
        info: Of the media that the streams belong to.
        streams: What to fetch, with yt-dlp's dictionary of each.
        max_bytes: Of all together.
        report: Hears about progress.

    Returns:
        The names of the files, in the same order.

    Raises:
        TooLarge: If they say so themselves, or turn out to be.
        ContentUnavailable: If a stream would need a downloader that is refused.
    """
    tracks = [track for track, _ in streams]
    known_bytes = sum(track.size_bytes or 0 for track in tracks)
    if known_bytes > max_bytes:
        raise TooLarge(known_bytes, max_bytes)
    for _, stream in streams:
        check_downloader(downloader, {**info, **stream})
    progress = Progress(tracks, max_bytes, report)
    downloader.add_progress_hook(progress.hear)
    names = []
    for progress.current, (track, stream) in enumerate(streams):
        names.append(_fetch_one(downloader, info, stream, _name(progress.current, track), max_bytes))
    progress.tell()
    return names


def _fetch_one(downloader: Downloader, info: Info, stream: Info, name: str, max_bytes: int) -> str:
    whole = {key: value for key, value in info.items() if key not in ("formats", "requested_formats")}
    answer = downloader.dl(name, {**whole, **stream})
    is_done = bool(answer[0]) if isinstance(answer, tuple) else bool(answer)
    size_bytes = Path(name).stat().st_size if Path(name).exists() else 0
    if is_done and size_bytes:
        return name
    if is_done:
        raise ContentUnavailable(Reason.NO_MEDIA, "an empty file")
    # With `max_filesize` yt-dlp stops without an error when the answer announces more.
    announced = stream.get("filesize")
    if isinstance(announced, int) and announced <= max_bytes:
        raise TemporarilyUnavailable("the download stopped before its end")
    raise TooLarge(announced if isinstance(announced, int) else None, max_bytes)


def _name(place: int, track: Track) -> str:
    """Return a name of our own; a later attempt continues it only if the site's stream is still the same one."""
    suffix = track.container if track.container in FILE_KINDS else UNKNOWN_SUFFIX
    exact_bytes = track.size_bytes if track.certainty is Certainty.EXACT else None
    return f"stream-{place}-{digest(f'{track.format_id} {exact_bytes}')[:8]}.{suffix}"
