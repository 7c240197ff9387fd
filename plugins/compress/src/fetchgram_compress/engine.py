"""Carries plans out: the cheapest first, and the next when its result does not meet the wish after all."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from fetchgram.api import ContentUnavailable, FfmpegError, MediaInfo, MediaTools, Reason, Text, TooLarge, Watch, text
from fetchgram_compress import arguments
from fetchgram_compress.bounds import too_much
from fetchgram_compress.fit import Fitting, OnShare
from fetchgram_compress.formats import VIDEOS
from fetchgram_compress.plan import plans
from fetchgram_compress.sample import sample
from fetchgram_compress.settings import Settings
from fetchgram_compress.sleeve import PLAIN, Dresser, Sleeve
from fetchgram_compress.speed import Speed
from fetchgram_compress.tracks import BehindTheEnd, Impossible, Plan, Unreachable, Work
from fetchgram_compress.wishes import Wish

log = structlog.get_logger()

_WITHOUT_INDEX = frozenset({"mpegts", "mpeg"})
"""In these ffmpeg seeks by guess, and finds no picture where it lands behind the last one that stands for itself."""

_SHOWN_STEPS, _LARGEST_STEP = ((1_000, 1), (1_000_000, 1_000), (100_000_000, 100_000)), 10_000_000
"""Up to which size `SIZE` shows it to which step."""
_NO_FRAME = "Could not open encoder before EOF"
"""ffmpeg's word (`fftools/ffmpeg_enc.c`) where no frame came to a picture's encoder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A result.

    Args:
        path: The file; the source itself when it was left.
        plan: What was done.
        info: What the file is.
        attempts: How often it was encoded until it fitted.
        took_s: How long it all took.
    """

    path: Path
    plan: Plan
    info: MediaInfo
    attempts: int
    took_s: float


class NothingOfTheKind(ContentUnavailable):
    """The file has nothing that the wish could be about."""

    def __init__(self, told: Text | None = None) -> None:
        super().__init__(Reason.NO_MEDIA, told=told or text("compress-impossible"))


class Engine:
    """Makes files fit and play.

    Args:
        media: Looks at files and runs ffmpeg.
        settings: Limits, and which hardware may be used.
        speed: Learns from each film.
    """

    def __init__(self, media: MediaTools, settings: Settings, speed: Speed) -> None:
        self._media = media
        self._settings = settings
        self._speed = speed

    async def look(self, path: Path) -> MediaInfo:
        """Return what a file is.

        Raises:
            ContentUnavailable: If it cannot be read; says so of the file, which may have no link.
        """
        try:
            return await self._media.inspect(path)
        except ContentUnavailable as error:
            raise ContentUnavailable(error.reason, str(error), told=text("compress-unreadable")) from error

    def plan(self, source: MediaInfo, wish: Wish) -> tuple[Plan, float]:
        """Return what would be done, and the seconds that it would take.

        Raises:
            TooLarge: If the size cannot be reached, or the file is over a limit; says the smallest size or the limit.
            NothingOfTheKind: If the file has nothing that the wish could be about.
        """
        try:
            found = next(plans(source, wish))
        except BehindTheEnd as error:
            raise NothingOfTheKind(text("compress-behind-end", length=source.duration_s or 0.0)) from error
        except Impossible as error:
            raise NothingOfTheKind from error
        except Unreachable as error:
            raise _unreachable(source, wish, error.smallest_bytes) from error
        if found.work not in (Work.LEAVE, Work.COPY):
            self._check(source)
        return found, self._speed.time_s(source, found)

    async def predict(self, path: Path, wish: Wish, workdir: Path) -> tuple[Plan, float]:
        """Return what would be done with a file that is here, and the seconds that it would take.

        A piece of a film that is to be encoded is encoded for it: what follows from a quality, and from how busy the
        machine is, shows only then.

        Raises:
            TooLarge, NothingOfTheKind, ContentUnavailable, FfmpegError, DiskFull: As `make` does.
        """
        source = await self.look(path)
        plan, time_s = self.plan(source, wish)
        encoder = await self._encoder(plan)
        found = encoder and await sample(self._media, source, path, plan, encoder, workdir)
        if not encoder or not found:
            return plan, time_s
        if not plan.exact:
            plan = replace(plan, size_bytes=found.size_bytes(plan))
        return plan, found.time_s(plan)

    async def make(
        self, path: Path, wish: Wish, workdir: Path, stem: str, on_share: OnShare, sleeve: Sleeve = PLAIN
    ) -> Made:
        """Make what is wished of a file.

        Args:
            path: In `workdir`.
            wish: What is wanted.
            workdir: Gets the result and what is needed on the way.
            stem: Of the result's name.
            on_share: Hears which part of the work is done, 0 to 1.
            sleeve: What a song gets that does not say so itself.

        Raises:
            TooLarge, NothingOfTheKind: As `plan` does.
            ContentUnavailable: If the file cannot be read.
            FfmpegError, DiskFull: As ffmpeg does.
        """
        began_s, source = time.monotonic(), await self.look(path)
        self.plan(source, wish)  # says at once what is wrong with it
        if wish.cut_s is not None and wish.cut_s[0] > 0 and source.container in _WITHOUT_INDEX:
            path = await self._media.remux(path, workdir / f"{path.stem}-indexed.mkv", workdir=workdir)
        made = await self._first_that_fits(source, path, wish, workdir / stem, on_share)
        if made.plan.work in (Work.COPY, Work.SOUND) and made.plan.video is None:
            dresser = Dresser(self._media, source, path)
            made = replace(made, info=await dresser.dress(made.path, made.plan, made.info, sleeve))
        took_s = time.monotonic() - began_s
        await asyncio.to_thread(self._speed.learn, source, made.plan, took_s)
        return replace(made, took_s=took_s)

    async def _first_that_fits(self, source: MediaInfo, path: Path, wish: Wish, stem: Path, on_share: OnShare) -> Made:
        made_bytes = list[int]()
        try:
            for plan in plans(source, wish):
                made = await self._carry_out(plan, source, path, stem.with_name(stem.name + plan.suffix), on_share)
                if plan.max_bytes is None or made.info.size_bytes <= plan.max_bytes:
                    return made
                made_bytes.append(made.info.size_bytes)
                log.info(
                    "compress.over", work=str(plan.work), size_bytes=made.info.size_bytes, max_bytes=plan.max_bytes
                )
        except Unreachable as error:  # says what is expected; what was made is known
            raise _unreachable(source, wish, min(made_bytes, default=error.smallest_bytes)) from error
        raise _unreachable(source, wish, min(made_bytes))

    async def _carry_out(self, plan: Plan, source: MediaInfo, path: Path, output: Path, on_share: OnShare) -> Made:
        log.info("compress.plan", work=str(plan.work), size_bytes=plan.size_bytes, max_bytes=plan.max_bytes)
        if plan.work is Work.LEAVE:
            return Made(path=path, plan=plan, info=source, attempts=0, took_s=0.0)
        encoder = await self._encoder(plan)
        try:
            attempts = await self._encode(plan, source, path, output, encoder, on_share)
            info = await self._media.inspect(output)
        except ContentUnavailable as error:
            raise _lost(plan, str(error)) from error
        except FfmpegError as error:
            if error.kind != "output" and _NO_FRAME not in error.stderr_tail:
                raise
            raise _lost(plan, error.stderr_tail) from error
        _refuse_loss(plan, info)
        return Made(path=output, plan=plan, info=info, attempts=attempts, took_s=0.0)

    async def _encode(
        self, plan: Plan, source: MediaInfo, path: Path, output: Path, encoder: str | None, on_share: OnShare
    ) -> int:
        """Write `output` and return how many times it was encoded for it."""
        if plan.work is Work.VIDEO and plan.max_bytes is not None and encoder is not None:
            fitting = Fitting(self._media, source, path, output.parent, encoder, self._watch(plan, None))
            return await fitting.make(plan, output, on_share)
        words, watch = arguments.whole(plan, source, encoder), self._watch(plan, on_share)
        inputs = [arguments.source_of(plan, path)]
        await self._media.run(words, inputs=inputs, output=output, workdir=output.parent, watch=watch)
        return 1

    def _watch(self, plan: Plan, on_share: OnShare | None) -> Watch:
        return Watch(duration_s=plan.duration_s or None, on_progress=on_share, cpu_s=self._settings.cpu_s)

    async def _encoder(self, plan: Plan) -> str | None:
        """Return the first encoder of the plan's codec that works here; the operator's hardware comes first.

        Raises:
            FfmpegError: `encoder`, if none does.
        """
        if plan.work is not Work.VIDEO or plan.video is None or plan.video.codec is None:
            return None
        codec = plan.video.codec
        hardware = [name for name in self._settings.hardware if name.startswith(f"{codec}_")]
        for encoder in (*hardware, *VIDEOS[codec].encoders):
            if await self._media.can_encode(encoder):
                return encoder
        raise FfmpegError("encoder", codec, told=text("compress-no-encoder", codec=codec))

    def _check(self, source: MediaInfo) -> None:
        reason = too_much(source, self._settings)
        if reason is not None:
            raise TooLarge(source.size_bytes, int(self._settings.max_input), told=reason)


def _refuse_loss(plan: Plan, info: MediaInfo) -> None:
    """Raise where a damaged file lost what was promised: ffmpeg skips what it cannot decode and says that all is well.

    Raises:
        FfmpegError: `output`.
    """
    is_moving = plan.video is not None and plan.work is not Work.PICTURE
    is_quiet = is_moving and plan.cut_s is not None  # a sound may be over before its picture is
    no_sound = plan.sound is not None and info.audio_codec is None and not is_quiet
    if (is_moving and info.video_codec is None) or no_sound:
        raise _lost(plan, "the picture or the sound is lost")


def _lost(plan: Plan, stderr_tail: str) -> FfmpegError:
    """Return what is told where nothing came out: a stretch may lie between two frames."""
    told = text("compress-empty-cut") if plan.cut_s is not None else None
    return FfmpegError("output", stderr_tail, told=told)


def _unreachable(source: MediaInfo, wish: Wish, smallest_bytes: int) -> TooLarge:
    """Return what says the smallest size; a file that may stay as it is has reached its own."""
    if smallest_bytes > source.size_bytes and _stays(source, replace(wish, max_bytes=source.size_bytes)):
        smallest_bytes = source.size_bytes
    told = text("compress-unreachable", smallest=_told_bytes(smallest_bytes))
    return TooLarge(source.size_bytes, smallest_bytes, told=told)


def _stays(source: MediaInfo, wish: Wish) -> bool:
    try:
        return next(plans(source, wish)).work is Work.LEAVE
    except Unreachable:
        return False


def _told_bytes(size_bytes: int) -> int:
    """Round up to what `SIZE` shows: who wishes the size that was told must get it."""
    step = next((step for below, step in _SHOWN_STEPS if size_bytes < below), _LARGEST_STEP)
    return -(-size_bytes // step) * step
