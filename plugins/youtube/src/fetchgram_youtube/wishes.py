"""What can be wished for besides a choice, as options of the menu, and what was wished for."""

from __future__ import annotations

from fetchgram.api import At, Choice, ChoiceKind, InputKind, Job, LinkKind, Option, Probe, text
from fetchgram_ytdlp.extras import AUTOMATIC, Extras

TRIM = "youtube.trim"
DUB = "youtube.dub"
SUBTITLES = "youtube.subtitles"
SUBTITLES_FILE = "youtube.subtitles_file"
DESCRIPTION = "youtube.description"

_MOST_LANGUAGES = 12
"""Buttons that somebody reads; people's own subtitles come first."""
_MEDIA = frozenset({ChoiceKind.VIDEO, ChoiceKind.AUDIO})


def wishes_for(probe: Probe, choice: Choice) -> tuple[Option, ...]:
    """Return what can be wished for with this choice."""
    if choice.kind not in _MEDIA:
        return ()
    trim = Option(key=TRIM, label=text("youtube-trim"), input=InputKind.TIME_RANGE, order=10, at=At.DOWNLOAD)
    description = Option(key=DESCRIPTION, label=text("youtube-description"), order=50, at=At.DOWNLOAD)
    is_whole = probe.link.kind is not LinkKind.CLIP
    return (*((trim,) if is_whole else ()), *_dub(probe), *_subtitles(probe, choice), description)


def extras_of(job: Job) -> Extras:
    """Return what was wished for."""
    wished = {step.key: step.input for step in job.recipe.steps}
    start, _, end = (wished.get(TRIM) or "").partition("-")
    return Extras(
        section_s=(float(start), float(end)) if end else None,
        language=wished.get(DUB),
        subtitles=wished.get(SUBTITLES),
        subtitles_file=wished.get(SUBTITLES_FILE),
        description=DESCRIPTION in wished,
    )


def _dub(probe: Probe) -> tuple[Option, ...]:
    spoken = probe.languages.audio[:_MOST_LANGUAGES]
    if not spoken:
        return ()
    return (_one_of(DUB, "youtube-dub", spoken, order=20),)


def _subtitles(probe: Probe, choice: Choice) -> tuple[Option, ...]:
    languages = probe.languages
    machine = (f"{each}{AUTOMATIC}" for each in languages.automatic if each not in languages.subtitles)
    found = (*languages.subtitles, *machine)[:_MOST_LANGUAGES]
    if not found:
        return ()
    inside = (_one_of(SUBTITLES, "youtube-subtitles", found, order=30),) if choice.kind is ChoiceKind.VIDEO else ()
    return (*inside, _one_of(SUBTITLES_FILE, "youtube-subtitles-file", found, order=40))


def _one_of(key: str, label: str, values: tuple[str, ...], *, order: int) -> Option:
    return Option(
        key=key,
        label=text(label),
        group=text(label),
        input=InputKind.ONE_OF,
        values=values,
        order=order,
        at=At.DOWNLOAD,
    )
