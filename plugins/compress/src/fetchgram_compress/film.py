"""Plans for moving pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from fetchgram.api import MediaInfo, MediaKind
from fetchgram_compress.budget import (
    LEAST_KBPS,
    LEAST_SOUND_KBPS,
    Budget,
    index_bytes,
    smallest_bytes,
    sound_bytes,
)
from fetchgram_compress.formats import VIDEOS, VideoFormat
from fetchgram_compress.ladder import Frame, fitting, rungs
from fetchgram_compress.tracks import Impossible, Plan, SoundTrack, Unreachable, VideoTrack, Work, aac, duration_of
from fetchgram_compress.wishes import Form, Wish

_SUFFIX = ".mp4"
_IN_MP4 = frozenset({"h264", "hevc", "av1", "mpeg4"})
_SOUND_IN_MP4 = frozenset({None, "aac", "mp3"})
_PLAYED_INLINE = frozenset({"h264", "hevc"})
"""What Telegram's clients stream; VP9 and AV1 arrive as files."""
_PHONE_PROFILES = frozenset(
    {"Baseline", "Constrained Baseline", "Main", "High", "Constrained High", "Progressive High"}
)
_IN_ORDER = frozenset({"Baseline", "Constrained Baseline"})
"""Profiles of H.264 whose frames are stored in the order in which they are shown (ITU-T H.264, A.2.1: no B slices)."""
_PHONE_LEVEL = 41
_PHONE_FORMATS = ("yuv420p", "yuvj420p")
_USUAL_FPS = 30.0
_USUAL_SOUND_KBPS = 128
_WORTH_KBPS = 64
"""Least that a sound is lowered to so that the picture may stay, unless it would get less beside an encoded one."""
_SLACK = 1.01
"""What a copy may grow by: another container counts its index otherwise."""
_NEW_CODECS = 1.6
"""H.264 needs about so many times the bits of HEVC, VP9 or AV1 for the same picture."""

NOTE_PX = 480
"""core.telegram.org/bots/api#sendvideonote: square; clients show it at no more than this."""
NOTE_S = 60.0
"""The same page: "up to 1 minute long"."""
ANIMATION_PX = 720


def plans(source: MediaInfo, wish: Wish) -> Iterator[Plan]:
    """Leave it, copy its streams, encode the sound, encode all; see `plan.plans`."""
    if source.kind not in ("video", "animation") or source.width_px is None or source.height_px is None:
        raise Impossible
    wanted = _Wanted(source, wish)
    for candidate in (wanted.left(), wanted.copied(), wanted.with_new_sound()):
        if candidate is not None and (wish.max_bytes is None or candidate.size_bytes <= wish.max_bytes):
            yield candidate
    yield wanted.encoded()


def plays_everywhere(source: MediaInfo) -> bool:
    """Whether the picture is what decoders in phones of every age take: H.264 High at level 4.1, 8 bits, 4:2:0."""
    return (
        source.video_codec == "h264"
        and source.pixel_format in _PHONE_FORMATS
        and source.profile in _PHONE_PROFILES
        and (source.level or 0) <= _PHONE_LEVEL
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One film and what is wanted of it."""

    source: MediaInfo
    wish: Wish

    @property
    def frame(self) -> Frame:
        source = self.source
        return Frame(source.width_px or 2, source.height_px or 2, source.fps or _USUAL_FPS)

    @property
    def duration_s(self) -> float:
        whole_s = duration_of(self.source, self.wish)
        return min(whole_s, NOTE_S) if self.wish.form is Form.NOTE else whole_s

    @property
    def cut_s(self) -> tuple[float, float] | None:
        """The stretch to keep; a video note is cut whether that was wished or not."""
        start_s = self.wish.cut_s[0] if self.wish.cut_s else 0.0
        is_cut = self.wish.cut_s is not None or self.duration_s < (self.source.duration_s or 0.0)
        return (start_s, start_s + self.duration_s) if is_cut else None

    @property
    def is_silent(self) -> bool:
        return self.wish.mute or self.wish.form is Form.ANIMATION or self.source.audio_codec is None

    @property
    def wants_phone(self) -> bool:
        return self.wish.everywhere or self.wish.form is not Form.SAME

    def left(self) -> Plan | None:
        """Leave the file as it is, if nothing but its size or its place matters and both are right."""
        source, wish = self.source, self.wish
        if wish.form is not Form.SAME or not self._picture_stays() or self.cut_s or wish.audio_kbps:
            return None
        if (wish.mute and source.audio_codec) or (wish.everywhere and not self._plays_as_it_is()):
            return None
        if wish.max_bytes is not None and not self._plays_as_it_is() and self._could_be_copied():
            return None
        return Plan(work=Work.LEAVE, suffix="", duration_s=self.duration_s, size_bytes=source.size_bytes, exact=True)

    def copied(self) -> Plan | None:
        """Put the streams into an MP4 that starts fast."""
        if not self._could_be_copied() or (self.source.audio_codec not in _SOUND_IN_MP4 and not self.is_silent):
            return None
        if self.wish.audio_kbps is not None and not self.is_silent:
            return None
        sound = None if self.is_silent else SoundTrack(format=None)
        return self._plan(Work.COPY, self._copied_picture(), sound, self._copied_bytes(with_sound=sound is not None))

    def with_new_sound(self) -> Plan | None:
        """Encode the sound alone: it does not play everywhere, or a smaller one is enough to fit."""
        if not self._could_be_copied() or self.is_silent:
            return None
        picture = self._copied_bytes(with_sound=False)
        kbps = self.wish.audio_kbps or self._kbps_beside(picture)
        size = picture + sound_bytes(kbps, self.duration_s)
        return self._plan(Work.SOUND, self._copied_picture(), aac(kbps), int(size * _SLACK))

    def _kbps_beside(self, picture_bytes: int) -> int:
        """Return the bitrate of a sound beside a picture that stays: under a size, all that is left."""
        own_kbps = self.source.audio_kbps or _USUAL_SOUND_KBPS
        if self.wish.max_bytes is None:
            return min(_USUAL_SOUND_KBPS, own_kbps)
        room = self.wish.max_bytes / _SLACK - picture_bytes - sound_bytes(0, self.duration_s)
        left_kbps = int(room / 125 / (self.duration_s or 1.0))
        least_kbps = min(_WORTH_KBPS, self._budget(self.wish.max_bytes, self.frame).sound_kbps(own_kbps))
        return max(least_kbps, min(left_kbps, own_kbps))

    def encoded(self) -> Plan:
        """Encode the picture, under a size or at a quality."""
        if self.wish.max_bytes is None:
            return self._encoded_by_quality()
        return self._encoded_by_size(self.wish.max_bytes)

    def _picture_stays(self) -> bool:
        wish, frame = self.wish, self.frame
        return (
            wish.form in (Form.SAME, Form.ANIMATION)
            and wish.turn_deg == 0
            and (wish.codec is None or wish.codec == self.source.video_codec)
            and (wish.height_px is None or wish.height_px >= frame.short_px)
            and (wish.fps is None or wish.fps >= frame.fps - 0.5)
            and (wish.form is not Form.ANIMATION or frame.short_px <= ANIMATION_PX)
        )

    def _plays_as_it_is(self) -> bool:
        source = self.source
        sound_plays = source.audio_codec in _SOUND_IN_MP4
        picture_plays = plays_everywhere(source) if self.wants_phone else source.video_codec in _PLAYED_INLINE
        return picture_plays and sound_plays and source.container == "mov" and source.starts_fast

    def _could_be_copied(self) -> bool:
        source = self.source
        if not self._picture_stays() or (self.cut_s is not None and not self._can_be_cut(self.cut_s[0])):
            return False
        return plays_everywhere(source) if self.wants_phone else source.video_codec in _IN_MP4

    def _can_be_cut(self, start_s: float) -> bool:
        """Whether a copied stretch ends at its frame: where frames refer to later ones, those come along."""
        return start_s <= 0 and self.source.video_codec == "h264" and self.source.profile in _IN_ORDER

    def _copied_picture(self) -> VideoTrack:
        frame = self.frame
        return VideoTrack(codec=None, width_px=frame.width_px, height_px=frame.height_px, fps=frame.fps)

    def _copied_bytes(self, *, with_sound: bool) -> int:
        """Return what the copied streams take; the rest of a file (more sounds, subtitles) is left behind."""
        source = self.source
        share = self.duration_s / source.duration_s if source.duration_s else 1.0
        if with_sound and source.audio_tracks <= 1:
            return int(source.size_bytes * share * _SLACK)
        kbps = (source.video_kbps or 0) + ((source.audio_kbps or 0) if with_sound else 0)
        streams = kbps * 125 * self.duration_s + index_bytes(self.duration_s, self.frame.fps)
        return int(min(streams if kbps else source.size_bytes, source.size_bytes) * _SLACK)

    def _encoded_by_quality(self) -> Plan:
        name, form = self._format()
        track = self._track(name, self._largest(), crf=form.crf)
        sound = self._sound(_USUAL_SOUND_KBPS)
        kbps = Frame(track.width_px, track.height_px, track.fps).pixels_per_s * form.bits_per_pixel / 1000
        size = index_bytes(self.duration_s, track.fps) + self._most_kbps(kbps) * 125 * self.duration_s
        size += sound_bytes(sound.kbps or 0, self.duration_s) if sound else 0
        return self._plan(Work.VIDEO, track, sound, int(size))

    def _encoded_by_size(self, max_bytes: int) -> Plan:
        name, form = self._format()
        frame = self._largest()
        budget = self._budget(max_bytes, frame)
        own_kbps = self.source.audio_kbps or _USUAL_SOUND_KBPS
        for sound_kbps in (budget.sound_kbps(own_kbps, self._most_kbps(math.inf)), LEAST_SOUND_KBPS):
            sound = self._sound(sound_kbps)
            taken = sound_bytes(sound.kbps or 0, self.duration_s) if sound else 0.0
            kbps = self._most_kbps(budget.video_kbps(taken))
            rung = fitting(frame, kbps * 1000, self._clean_bits_per_pixel(form))
            if rung is not None and kbps >= LEAST_KBPS:
                break
        else:
            raise Unreachable(self._smallest_bytes(frame, form))
        expected = int(index_bytes(self.duration_s, rung.fps) + taken + kbps * 125 * self.duration_s)
        track = self._track(name, rung, kbps=kbps)
        return self._plan(Work.VIDEO, track, sound, min(expected, max_bytes), exact=True)

    def _budget(self, max_bytes: int, frame: Frame) -> Budget:
        return Budget(max_bytes=max_bytes, duration_s=self.duration_s or 1.0, fps=frame.fps)

    def _smallest_bytes(self, frame: Frame, form: VideoFormat) -> int:
        *_, lowest = rungs(frame)
        kbps = max(LEAST_KBPS, lowest.pixels_per_s * self._clean_bits_per_pixel(form) / 1000)
        sound_kbps = 0 if self.is_silent else self.wish.audio_kbps or LEAST_SOUND_KBPS
        return smallest_bytes(self.duration_s, frame.fps, kbps, sound_kbps)

    def _clean_bits_per_pixel(self, form: VideoFormat) -> float:
        """Return the threshold of the ladder: a film that was clean with less (slides, a screen) stays so with half."""
        kbps = self.source.video_kbps
        if not kbps:
            return form.clean_bits_per_pixel
        own = kbps * 1000 / self.frame.pixels_per_s
        return min(form.clean_bits_per_pixel, own * self._of_own_codec() / 2)

    def _of_own_codec(self) -> float:
        """Return how many bits this codec needs for one of the source's."""
        was_h264, is_h264 = self.source.video_codec == "h264", self._format()[0] == "h264"
        if was_h264 == is_h264:
            return 1.0
        return _NEW_CODECS if is_h264 else 1 / _NEW_CODECS

    def _format(self) -> tuple[str, VideoFormat]:
        name = self.wish.codec or "h264"
        return name, VIDEOS[name]

    def _largest(self) -> Frame:
        """Return the largest picture that the wish allows."""
        wish, frame = self.wish, self.frame
        if wish.form is Form.NOTE:
            side = min(NOTE_PX, frame.short_px)
            frame = Frame(side, side, frame.fps).lowered(side)
        if wish.turn_deg % 180:
            frame = Frame(frame.height_px, frame.width_px, frame.fps)
        short_px = min(
            wish.height_px or frame.short_px, ANIMATION_PX if wish.form is Form.ANIMATION else frame.short_px
        )
        frame = frame.lowered(short_px).slowed(wish.fps or frame.fps)
        return frame.for_level_41() if self._format()[0] == "h264" else frame

    def _most_kbps(self, kbps: float) -> float:
        """Return no more than the source has: its picture gets no better."""
        source = self.source
        if not source.video_kbps:
            return kbps
        shrunk = self._largest().pixels_per_s / max(1.0, self.frame.pixels_per_s)
        # Fewer pixels need more bits each.
        return min(kbps, float(source.video_kbps * self._of_own_codec() * math.pow(max(shrunk, 0.01), 0.75)))

    def _track(self, name: str, frame: Frame, *, kbps: float | None = None, crf: int | None = None) -> VideoTrack:
        return VideoTrack(
            codec=name,
            width_px=frame.width_px,
            height_px=frame.height_px,
            fps=frame.fps,
            is_slower=frame.fps < self.frame.fps,
            kbps=kbps,
            crf=crf,
            square=self.wish.form is Form.NOTE,
            to_sdr=self.source.hdr and name == "h264",
        )

    def _sound(self, kbps: int) -> SoundTrack | None:
        """Return the sound beside an encoded picture: copied where it is small enough already and nothing is cut."""
        if self.is_silent:
            return None
        source, wanted = self.source, self.wish.audio_kbps or kbps
        small = source.audio_kbps is not None and source.audio_kbps <= wanted * 1.1
        if source.audio_codec == "aac" and small and self.cut_s is None:
            return SoundTrack(format=None, kbps=source.audio_kbps)
        return aac(wanted)

    def _plan(
        self, work: Work, video: VideoTrack, sound: SoundTrack | None, size_bytes: int, *, exact: bool | None = None
    ) -> Plan:
        return Plan(
            work=work,
            suffix=_SUFFIX,
            kind=self._kind(video),
            video=video,
            sound=sound,
            cut_s=self.cut_s,
            turn_deg=self.wish.turn_deg,
            duration_s=self.duration_s,
            size_bytes=size_bytes,
            exact=video.codec is None and self._is_weighed() if exact is None else exact,
            max_bytes=self.wish.max_bytes,
        )

    def _is_weighed(self) -> bool:
        """Whether a copy takes what the file does: other containers, covers and second sounds weigh something else."""
        source = self.source
        return source.container == "mov" and source.audio_tracks <= 1 and not source.has_cover

    def _kind(self, video: VideoTrack) -> MediaKind:
        if self.wish.form is Form.NOTE:
            return MediaKind.VIDEO_NOTE
        if self.wish.form is Form.ANIMATION:
            return MediaKind.ANIMATION
        return MediaKind.VIDEO if (video.codec or self.source.video_codec) in _PLAYED_INLINE else MediaKind.DOCUMENT
