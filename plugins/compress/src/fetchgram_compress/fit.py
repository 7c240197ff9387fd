"""Meets a size exactly and never passes it: the sound is weighed, two passes over the picture share what it leaves."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from fetchgram.api import FfmpegError, Input, MediaInfo, MediaTools, Watch, first_failure
from fetchgram_compress import arguments
from fetchgram_compress.budget import LEAST_KBPS, TOO_LOW, Budget
from fetchgram_compress.notes import index_bytes
from fetchgram_compress.sample import has_notes
from fetchgram_compress.tracks import Plan, SoundTrack, Unreachable, VideoTrack, aac

log = structlog.get_logger()

_ATTEMPTS = 4
_AGAIN_AT = 0.985
"""What a second try aims at: the first has shown by how much the encoder misses."""
_MOST_OF_SOUND = 0.3
"""What the sound gives at the most for what is over; beyond that the picture is encoded again."""
_SURE = 0.97
"""What is asked of the sound, of what it may take: its encoder misses too, and there is no third try."""
_FIRST_PART = 0.4
"""Of the whole time: x264's quick first pass, beside which the sound is made."""
_SECOND_PART = 0.97
"""What is left is for another try; a bar that goes back would be worse than one that waits."""

OnShare = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Fitting:
    """One film on its way under a size.

    Args:
        media: Runs ffmpeg.
        source: What the film is.
        path: The film, in `workdir`.
        workdir: The job's folder; what an earlier attempt finished there is used again.
        encoder: ffmpeg's name.
        watch: Limits of each run, and who hears how far it is.
    """

    media: MediaTools
    source: MediaInfo
    path: Path
    workdir: Path
    encoder: str
    watch: Watch

    async def make(self, plan: Plan, output: Path, on_share: OnShare) -> int:
        """Write `output` and return how many times its picture was encoded.

        Raises:
            Unreachable: If the encoder cannot stay below the size.
        """
        track = plan.video
        if track is None or plan.max_bytes is None:
            raise ValueError(plan)
        sound, notes = await self._prepared(plan, _part(on_share, 0.0, _FIRST_PART))
        index = await asyncio.to_thread(index_bytes, notes) if notes is not None else None
        budget = Budget(max_bytes=plan.max_bytes, duration_s=plan.duration_s, fps=track.fps, index_bytes=index)
        sound_bytes = await _size(sound) if sound is not None else 0
        # The plan's bitrate is what the picture is worth; the room beside the sound is known only now.
        kbps = min(budget.video_kbps(sound_bytes), (track.kbps or 0.0) * 1.25)
        for attempt in range(1, _ATTEMPTS + 1):
            if kbps < LEAST_KBPS:
                break
            start, end = (_FIRST_PART, _SECOND_PART) if attempt == 1 else (_SECOND_PART, _SECOND_PART)
            if not await self._encode(_at(plan, track, kbps), sound, notes, output, _part(on_share, start, end)):
                break
            size_bytes = await _size(output)
            over_bytes = size_bytes - plan.max_bytes
            if over_bytes <= 0 or await self._has_less_sound(plan, sound, output, over_bytes):
                on_share(1.0)
                return attempt
            log.info("compress.over", attempt=attempt, size_bytes=size_bytes, max_bytes=plan.max_bytes)
            streams = max(1.0, size_bytes - sound_bytes)
            # What hardly answered to the last step gets a larger one: noise is near its quantiser's end.
            kbps *= (_AGAIN_AT * max(0.1, plan.max_bytes - sound_bytes) / streams) ** attempt
        await asyncio.to_thread(output.unlink, missing_ok=True)
        raise Unreachable(int(plan.max_bytes * 1.1))

    async def _prepared(self, plan: Plan, on_share: OnShare) -> tuple[Path | None, Path | None]:
        """Make the sound and take the first pass, side by side: each leaves cores idle."""
        with first_failure():
            async with asyncio.TaskGroup() as group:
                sound = group.create_task(self._sound(plan, plan.sound))
                notes = group.create_task(self._notes(plan, on_share))
        return sound.result(), notes.result()

    async def _has_less_sound(self, plan: Plan, sound: Path | None, output: Path, over_bytes: int) -> bool:
        """Take what `output` is over from its sound, beside its picture as it is; false where that is too much."""
        less = await self._less_sound(plan, sound, over_bytes)
        if less is None:
            return False
        picture = await asyncio.to_thread(output.replace, output.with_name(f"{output.stem}-picture{output.suffix}"))
        inputs = [Input(picture), arguments.sound_of(less)]
        words, watch = arguments.joined(plan), self.watch
        await self.media.run(words, inputs=inputs, output=output, workdir=self.workdir, watch=watch)
        log.info("compress.less_sound", over_bytes=over_bytes, max_bytes=plan.max_bytes)
        return await _size(output) <= (plan.max_bytes or 0)

    async def _less_sound(self, plan: Plan, sound: Path | None, over_bytes: int) -> Path | None:
        known_kbps = plan.sound.kbps if plan.sound is not None else None
        if sound is None or known_kbps is None or over_bytes > await _size(sound) * _MOST_OF_SOUND:
            return None
        room_bytes = await _size(sound) - over_bytes
        kbps = int(known_kbps * room_bytes / await _size(sound) * _SURE)
        less = await self._sound(plan, aac(kbps))
        return less if less is not None and await _size(less) <= room_bytes else None

    async def _sound(self, plan: Plan, track: SoundTrack | None) -> Path | None:
        if track is None:
            return None
        words = arguments.only_sound(track)
        place = self._place("sound", words, plan, ".m4a")
        if not await asyncio.to_thread(place.exists):  # it appears whole or not at all
            await self.media.run(
                words,
                inputs=[arguments.source_of(plan, self.path)],
                output=place,
                workdir=self.workdir,
                watch=self.watch,
            )
        return place

    async def _notes(self, plan: Plan, on_share: OnShare) -> Path | None:
        """Take the first pass, unless an earlier attempt has; its notes are good for any bitrate."""
        if not has_notes(plan, self.encoder):
            return None
        words = arguments.silent(plan, self.source, self.encoder)
        place = self._place("notes", words, plan, "")
        if not await asyncio.to_thread(place.with_name(f"{place.name}.whole").exists):
            inputs = [arguments.source_of(plan, self.path)]
            watch = self._watch(plan, on_share)
            await self.media.first_pass(words, inputs=inputs, notes=place, workdir=self.workdir, watch=watch)
            await asyncio.to_thread(place.with_name(f"{place.name}.whole").touch)
        on_share(1.0)
        return place

    async def _encode(
        self, plan: Plan, sound: Path | None, notes: Path | None, output: Path, on_share: OnShare
    ) -> bool:
        """Encode once; false when the encoder cannot go as low as that."""
        picture, beside = arguments.source_of(plan, self.path), [sound] if sound is not None else []
        inputs = [picture, *map(arguments.sound_of, beside)]
        words = arguments.beside(plan, self.source, self.encoder)
        watch = self._watch(plan, on_share)
        try:
            await self.media.run(words, inputs=inputs, output=output, workdir=self.workdir, watch=watch, notes=notes)
        except FfmpegError as error:
            if TOO_LOW not in error.stderr_tail:
                raise
            return False
        return True

    def _watch(self, plan: Plan, on_share: OnShare) -> Watch:
        return replace(self.watch, duration_s=plan.duration_s, on_progress=on_share)

    def _place(self, what: str, words: tuple[str, ...], plan: Plan, suffix: str) -> Path:
        """Name a file by all that it depends on."""
        known = repr((self.path.name, self.source.size_bytes, words, plan.cut_s)).encode()
        return self.workdir / f"compress-{what}-{hashlib.blake2b(known, digest_size=6).hexdigest()}{suffix}"


async def _size(path: Path) -> int:
    return (await asyncio.to_thread(path.stat)).st_size


def _at(plan: Plan, track: VideoTrack, kbps: float) -> Plan:
    return replace(plan, video=replace(track, kbps=kbps))


def _part(on_share: OnShare, start: float, end: float) -> OnShare:
    """Return the reporter of one part of the way."""
    return lambda share: on_share(start + (end - start) * share)
