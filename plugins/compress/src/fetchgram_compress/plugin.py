"""The plugin: options on the menu, the work behind them, and the command."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fetchgram.api import (
    Choice,
    CliCommand,
    Context,
    DiskFull,
    FetchgramError,
    Health,
    HealthCheck,
    HealthReport,
    Media,
    MediaKind,
    Option,
    Person,
    PluginError,
    Probe,
    Route,
    Sink,
    Step,
    hookimpl,
)
from fetchgram_compress.settings import Settings as CompressSettings
from fetchgram_compress.wishes import NAME, Wish, of_steps

if TYPE_CHECKING:
    from fetchgram_compress.engine import Engine, Made
    from fetchgram_compress.fit import OnShare
    from fetchgram_compress.speed import Speed

_SPEED_FILE = "speed.json"
_THUMBNAIL = "compress-thumbnail.jpg"
_SEEN = frozenset({MediaKind.VIDEO, MediaKind.ANIMATION, MediaKind.VIDEO_NOTE})


class Plugin:
    """Makes media fit and play.

    Args:
        settings: Section `[plugin.compress]`.
        context: `None` where only commands are named.
    """

    name = NAME
    api_version = 1
    Settings = CompressSettings

    def __init__(self, settings: CompressSettings, context: Context | None) -> None:
        self._settings = settings
        self._context = context
        self._presets = {name: preset.wish for name, preset in settings.presets.items()}
        self._learned: Speed | None = None
        self._built: Engine | None = None

    @hookimpl
    def offer(self, probe: Probe, choice: Choice, routes: Sequence[Route], person: Person) -> Sequence[Option]:
        """Offer what makes sense for this choice, each with its size and time."""
        del person
        from fetchgram_compress.offers import offers  # noqa: PLC0415  # not needed to load the plugin

        return offers(probe, choice, routes, self._settings, self._speed())

    @hookimpl
    async def post_process(
        self, media: Sequence[Media], step: Step, workdir: Path, sink: Sink, steps: Sequence[Step]
    ) -> Sequence[Media]:
        """Do all steps of ours that follow one another in the last of them: one film is encoded once."""
        ours, place = _ours(steps, step)
        if place < len(ours) - 1:
            return media
        return await self._all(media, of_steps(ours, self._presets), workdir, _fingerprint(ours), sink)

    @hookimpl
    def health_checks(self) -> Sequence[HealthCheck]:
        """Tell which encoders work."""
        return (HealthCheck(name="encoders", check=self._check_encoders),)

    @hookimpl
    def cli_commands(self) -> Sequence[CliCommand]:
        """Add `fetchgram compress`: the same engine without Telegram."""
        from fetchgram_compress.command import command_of  # noqa: PLC0415  # only the command line needs it

        help_text = "Make a local file smaller, or another kind of file."
        return (CliCommand(name=NAME, help=help_text, app=command_of(self._settings, self._presets)),)

    async def _all(self, media: Sequence[Media], wish: Wish, workdir: Path, stem: str, sink: Sink) -> Sequence[Media]:
        """Make what is wished of each file, and leave those that it says nothing about: subtitles beside a film.

        Raises:
            NothingOfTheKind: If it says nothing about any.
        """
        from fetchgram_compress.engine import NothingOfTheKind  # noqa: PLC0415  # with the engine

        results, foreign = list[Media](), list[NothingOfTheKind]()
        shares = _shares(media, sink)
        for number, item in enumerate(media):
            try:
                results.append(await self._one(item, wish, workdir, f"compress-{stem}-{number}", next(shares)))
            except NothingOfTheKind as error:
                results.append(item)
                foreign.append(error)
        if len(foreign) == len(media):
            raise foreign[0]
        return results

    async def _one(self, media: Media, wish: Wish, workdir: Path, stem: str, on_share: OnShare) -> Media:
        from fetchgram_compress.results import media_of  # noqa: PLC0415  # with the engine
        from fetchgram_compress.sleeve import sleeve_of  # noqa: PLC0415  # with the engine

        made = await self._engine().make(media.path, wish, workdir, stem, on_share, sleeve_of(media))
        return media_of(media, made, wish, await self._thumbnail(made, workdir))

    async def _thumbnail(self, made: Made, workdir: Path) -> Path | None:
        """Make a new picture of a film, which may show something else now, or of a song; none is no failure."""
        if not (made.plan.kind in _SEEN or made.info.has_cover) or self._context is None:
            return None
        try:
            return await self._context.media.thumbnail(made.path, workdir / f"{made.path.stem}-{_THUMBNAIL}")
        except DiskFull:
            raise
        except FetchgramError:
            return None

    async def _check_encoders(self) -> HealthReport:
        from fetchgram_compress.formats import VIDEOS  # noqa: PLC0415  # only a check asks

        if self._context is None:
            raise PluginError("no context", plugin=NAME)
        wanted = [(codec, encoder) for codec, form in VIDEOS.items() for encoder in form.encoders[:1]]
        wanted += [(name.partition("_")[0], name) for name in self._settings.hardware]
        missing = [encoder for _, encoder in wanted if not await self._context.media.can_encode(encoder)]
        if not missing:
            return HealthReport(health=Health.OK, detail=", ".join(encoder for _, encoder in wanted))
        return HealthReport(health=Health.WARNING, detail=f"ffmpeg does not encode with {', '.join(missing)}")

    def _speed(self) -> Speed:
        if self._learned is None:
            from fetchgram_compress.speed import Speed  # noqa: PLC0415  # reads a file

            self._learned = Speed(self._context.data_dir / _SPEED_FILE if self._context else None)
        return self._learned

    def _engine(self) -> Engine:
        if self._context is None:
            raise PluginError("nothing can be made without a context", plugin=NAME)
        if self._built is None:
            from fetchgram_compress.engine import Engine  # noqa: PLC0415  # not needed to name options

            self._built = Engine(self._context.media, self._settings, self._speed())
        return self._built


def _ours(steps: Sequence[Step], step: Step) -> tuple[tuple[Step, ...], int]:
    """Return the steps of ours around this one, without another plugin's between them, and its place among them."""
    place = steps.index(step)
    first, last = place, place
    while first > 0 and steps[first - 1].plugin == NAME:
        first -= 1
    while last + 1 < len(steps) and steps[last + 1].plugin == NAME:
        last += 1
    return tuple(steps[first : last + 1]), place - first


def _shares(media: Sequence[Media], sink: Sink) -> Iterator[OnShare]:
    """Return for each file who hears how far it is: one bar goes over all of them."""
    total = max(1, sum(item.size_bytes for item in media))
    before = 0
    for item in media:
        yield partial(_report, sink, before, item.size_bytes, total)
        before += item.size_bytes


def _report(sink: Sink, before: int, size: int, total: int, share: float) -> None:
    sink.progress(before + int(share * size), total)


def _fingerprint(steps: Sequence[Step]) -> str:
    """Name the result by what was wished, so that a repeated attempt finds what an earlier one finished."""
    wished = repr([(step.key, step.input) for step in steps]).encode()
    return hashlib.blake2b(wished, digest_size=4).hexdigest()
