"""What can be wished for besides a choice: a part of the whole, another language, subtitles, the description."""

from __future__ import annotations

from dataclasses import dataclass

from fetchgram.api import Json

AUTOMATIC = " auto"
"""Behind the language of subtitles that a machine wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """Wishes of one download.

    Args:
        section_s: From where to where, in seconds: only this stretch is kept, cut out of the whole file.
        language: Of the sound, where there are several (BCP 47).
        subtitles: Language of subtitles that are put into the video, with `AUTOMATIC` behind it for a machine's.
        subtitles_file: The same, as a file of its own.
        description: Whether the site's description comes as a text file.
    """

    section_s: tuple[float, float] | None = None
    language: str | None = None
    subtitles: str | None = None
    subtitles_file: str | None = None
    description: bool = False

    @property
    def languages(self) -> tuple[str, ...]:
        """Subtitles that have to be fetched, each once."""
        wanted = (self.subtitles, self.subtitles_file)
        return tuple(dict.fromkeys(each for each in wanted if each is not None))

    def to_json(self) -> dict[str, Json]:
        """Return what the child has to fetch."""
        return {"subtitles": list(self.languages), "description": self.description}
