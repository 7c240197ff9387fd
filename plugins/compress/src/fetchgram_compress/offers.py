"""The options on the menu: only what makes sense for this choice, each with the size and time that it will take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fetchgram.api import Choice, ChoiceKind, InputKind, MediaInfo, MediaKind, Option, Probe, Route, Step, Text, text
from fetchgram_compress.bounds import too_much
from fetchgram_compress.formats import PICTURES, SOUNDS
from fetchgram_compress.plan import plan
from fetchgram_compress.settings import Settings
from fetchgram_compress.speed import Speed
from fetchgram_compress.tracks import Impossible, Plan, Unreachable, Work
from fetchgram_compress.wishes import NAME, TURNS, Wish, of_steps

_IN_PARTS = "split"
"""The way that takes what no other does, in pieces: whoever wants one file fits it to the others."""
_SIDES = (1080, 720, 480, 360, 240)
_RATES = (30, 24, 15)
_SOUND_RATES = (192, 128, 96, 64, 32)
_ANIMATION_S = 120.0
_CUT, _CHANGE, _INTO, _SIZE = 100, 200, 300, 400
"""Order of the steps: what shapes the film comes before what the result must be. Between them, the menu's own order."""
_USUAL_HEIGHT, _USUAL_FPS = 720, 30.0
_USUAL_KBPS = {1080: 3500, 720: 1800, 480: 900, 360: 550, 240: 300}
_USUAL_SOUND_KBPS = 128
_WIDE = 16 / 9
_GIF = "gif"
_CONTAINERS = {"webm": "matroska", "mkv": "matroska", _GIF: _GIF}
_KINDS = {ChoiceKind.VIDEO: MediaKind.VIDEO, ChoiceKind.AUDIO: MediaKind.AUDIO, ChoiceKind.IMAGE: MediaKind.PHOTO}


def offers(
    probe: Probe, choice: Choice, routes: Sequence[Route], settings: Settings, speed: Speed
) -> tuple[Option, ...]:
    """Return the options for a choice, or why there are none."""
    source = expected(probe, choice)
    if source is None:
        return ()
    if (reason := too_much(source, settings)) is not None:
        return (Option(key=f"{NAME}.too_much", label=reason, why_not=reason),)
    menu = _Menu(source, routes, settings, speed, is_size_known=choice.size_bytes is not None)
    found = (option for option in menu.options(choice.kind) if option is not None)
    return tuple(replace(option, order=option.order + place) for place, option in enumerate(found))


def expected(probe: Probe, choice: Choice) -> MediaInfo | None:
    """Return what the file will be like, as far as the menu tells; `None` for what nothing is known of."""
    if choice.kind is ChoiceKind.IMAGE:
        size_bytes = choice.size_bytes or 1
        suffix = (choice.container or "jpg").replace("jpg", "jpeg")
        return MediaInfo(kind="photo", mime=f"image/{suffix}", size_bytes=size_bytes, width_px=1280, height_px=1280)
    if choice.kind is ChoiceKind.AUDIO:
        return _sound(probe, choice)
    return _film(probe, choice) if choice.kind is ChoiceKind.VIDEO else None


def _sound(probe: Probe, choice: Choice) -> MediaInfo:
    duration_s, kbps = probe.duration_s or 0.0, choice.bitrate_kbps or _USUAL_SOUND_KBPS
    container = {"m4a": "mov", "mp3": "mp3"}.get(choice.container or "m4a", "ogg")
    return MediaInfo(
        kind="audio",
        mime="audio/mp4",
        size_bytes=choice.size_bytes or max(1, int(duration_s * kbps * 125)),
        container=container,
        duration_s=duration_s,
        audio_codec=choice.codec or {"mov": "aac", "mp3": "mp3"}.get(container, "opus"),
        audio_kbps=kbps,
        audio_channels=2,
        audio_tracks=1,
    )


def _film(probe: Probe, choice: Choice) -> MediaInfo:
    height_px, duration_s = choice.height_px or _USUAL_HEIGHT, probe.duration_s or 0.0
    usual_kbps = next((kbps for side, kbps in _USUAL_KBPS.items() if height_px >= side), _USUAL_KBPS[240])
    usual_bytes = int(duration_s * (usual_kbps + _USUAL_SOUND_KBPS) * 125)
    size_bytes = choice.size_bytes or max(1, usual_bytes)
    kbps = size_bytes * 8 / 1000 / duration_s if duration_s else usual_kbps + _USUAL_SOUND_KBPS
    is_silent = choice.silent or choice.container == _GIF
    return MediaInfo(
        kind="animation" if is_silent else "video",
        mime="video/mp4",
        size_bytes=size_bytes,
        container=_CONTAINERS.get(choice.container or "", "mov"),
        duration_s=duration_s,
        width_px=round(height_px * _WIDE / 2) * 2,
        height_px=height_px,
        video_codec=_GIF if choice.container == _GIF else choice.codec or "h264",
        video_kbps=max(1, int(kbps - min(_USUAL_SOUND_KBPS, kbps / 2))),
        fps=float(choice.fps or _USUAL_FPS),
        pixel_format="yuv420p10le" if choice.hdr else "yuv420p",
        profile="High",
        level=41,
        hdr=choice.hdr,
        audio_codec=None if is_silent else "aac",
        audio_kbps=None if is_silent else _USUAL_SOUND_KBPS,
        audio_channels=None if is_silent else 2,
        audio_tracks=0 if is_silent else 1,
        starts_fast=True,
    )


@dataclass(frozen=True, slots=True)
class _Menu:
    """The options for one file."""

    source: MediaInfo
    routes: Sequence[Route]
    settings: Settings
    speed: Speed
    is_size_known: bool

    def options(self, kind: ChoiceKind) -> Iterator[Option | None]:
        if kind is ChoiceKind.IMAGE:
            yield from self._pictures()
            return
        yield from self._sizes(kind)
        yield from self._sounds()
        if kind is ChoiceKind.VIDEO:
            yield from self._resolutions()
            yield from self._forms()
        yield from self._edits(kind)
        yield from self._presets()

    def _sizes(self, kind: ChoiceKind) -> Iterator[Option | None]:
        group = text("compress-group-size")
        whole = [route for route in self.routes if route.down is None and route.name != _IN_PARTS]
        limit = max((route.max_bytes.get(_KINDS[kind].value, 0) for route in whole), default=0)
        if limit and (not self.is_size_known or self.source.size_bytes > limit):
            yield self._option(f"fit.{limit}", text("compress-fit-chat", limit=limit), _SIZE, group=group, alone=True)
        for size in map(int, self.settings.sizes):
            if size != limit and (not self.is_size_known or size < self.source.size_bytes):
                yield self._option(f"fit.{size}", text("compress-fit", limit=size), _SIZE, group=group, alone=True)
        typed = text("compress-fit-typed")
        yield Option(key=f"{NAME}.fit", label=typed, input=InputKind.SIZE, order=_SIZE, group=group, alone=True)
        if kind is ChoiceKind.VIDEO:
            yield self._option("phone", text("compress-phone"), _SIZE, group=group, alone=True)
            for codec in ("hevc", "av1"):
                label = text(f"compress-smaller-{codec}")
                yield self._option(f"smaller.{codec}", label, _SIZE, group=group, alone=True)

    def _sounds(self) -> Iterator[Option | None]:
        group = text("compress-group-sound")
        for name in SOUNDS:
            yield self._option(f"sound.{name}", text(f"compress-sound-{name}"), _INTO, group=group, alone=True)

    def _resolutions(self) -> Iterator[Option | None]:
        group, shown_px = text("compress-group-resolution"), min(self.source.width_px or 0, self.source.height_px or 0)
        for side in (side for side in _SIDES if side < shown_px):
            yield self._option(f"height.{side}", text("compress-height", height=side), _CHANGE, group=group, alone=True)

    def _forms(self) -> Iterator[Option | None]:
        group, duration_s = text("compress-group-form"), self.source.duration_s or 0.0
        if duration_s <= _ANIMATION_S and (self.source.audio_codec is not None or self.source.container == _GIF):
            yield self._option("animation", text("compress-animation"), _INTO, group=group, alone=True)
        yield self._option("note", text("compress-note"), _INTO, group=group, alone=True)

    def _edits(self, kind: ChoiceKind) -> Iterator[Option | None]:
        group = text("compress-group-edit")
        yield Option(key=f"{NAME}.cut", label=text("compress-cut"), input=InputKind.TIME_RANGE, order=_CUT, group=group)
        yield self._values("kbps", _SOUND_RATES, below=self.source.audio_kbps)
        if kind is not ChoiceKind.VIDEO:
            return
        if self.source.audio_codec is not None:
            yield self._option("mute", text("compress-mute"), _CHANGE, group=group)
        yield self._values("turn", TURNS, below=max(TURNS) + 1)
        yield self._values("fps", _RATES, below=self.source.fps)

    def _values(self, name: str, values: Sequence[int], *, below: float | None) -> Option | None:
        """Return an option with those of its values that change something."""
        left = tuple(str(value) for value in values if value < (below or 0))
        if not left:
            return None
        label, group = text(f"compress-{name}"), text("compress-group-edit")
        return Option(
            key=f"{NAME}.{name}", label=label, input=InputKind.ONE_OF, values=left, order=_CHANGE, group=group
        )

    def _presets(self) -> Iterator[Option | None]:
        for name, preset in self.settings.presets.items():
            label = text("compress-preset", name=preset.label)
            yield self._option(
                f"preset.{name}", label, _SIZE, group=text("compress-group-presets"), alone=True, wish=preset.wish
            )

    def _pictures(self) -> Iterator[Option | None]:
        for name in PICTURES:
            if self.source.mime != f"image/{name}":
                key = f"{NAME}.picture.{name}"
                yield Option(key=key, label=text(f"compress-picture-{name}"), order=_INTO, group=None)

    def _option(  # the fields of an option
        self,
        name: str,
        label: Text,
        order: int,
        *,
        group: Text,
        alone: bool = False,
        wish: Wish | None = None,
    ) -> Option | None:
        """Return the option with what it will cost; `None` where it would do nothing or cannot be done."""
        key = f"{NAME}.{name}"
        found = self._plan(wish or of_steps([Step(key=key)], {}))
        if found is None or (found.work is Work.LEAVE and self.is_size_known):
            return None
        size_bytes = found.size_bytes if self.is_size_known and self.source.duration_s else None
        time_s = self.speed.time_s(self.source, found) if self.source.duration_s else None
        told_s = max(time_s, 1.0) if time_s else 0  # a blink is told as a second
        shown = text("compress-option", what=label, size=size_bytes or 0, exact=int(found.exact), time=told_s)
        made = Option(key=key, label=shown, size_bytes=size_bytes, time_s=time_s, order=order)
        return replace(made, group=group, alone=alone)

    def _plan(self, wish: Wish) -> Plan | None:
        try:
            return plan(self.source, wish)
        except (Impossible, Unreachable):
            return None
