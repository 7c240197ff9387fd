"""What a site says about the song in a film: `Artist - Song (Official Video)` is no title of a song."""

from __future__ import annotations

from fetchgram_ytdlp.translate import Info

_YEAR_DIGITS = 4


def song_of(info: Info) -> dict[str, str]:
    """Return the tags of the song, by fetchgram's names (`title`, `album`, `date`); of what is none, nothing.

    Args:
        info: yt-dlp's; its names are in the README's "Output template", under "music track or a music album".
    """
    track = info.get("track")
    if not isinstance(track, str) or not track:
        return {}
    year = str(info.get("release_year") or info.get("release_date") or "")[:_YEAR_DIGITS]
    found = {"title": track, "album": info.get("album"), "date": year}
    return {name: value for name, value in found.items() if isinstance(value, str) and value}
