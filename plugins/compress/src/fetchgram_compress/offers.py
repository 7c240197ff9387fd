"""The options on the menu: only what makes sense for this choice, each with the size and time that it will take."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fetchgram.api import Choice, ChoiceKind, InputKind, MediaInfo, MediaKind, Option, Probe, Route, Step, Text, text
from fetchgram_compress.bounds import too_much
from fetchgram_compress.expected import expected
from fetchgram_compress.formats import PICTURES, SOUNDS
from fetchgram_compress.ladder import Frame
from fetchgram_compress.plan import plan
from fetchgram_compress.settings import Settings
from fetchgram_compress.speed import Speed
from fetchgram_compress.tracks import Impossible, Plan, Unreachable, Work
from fetchgram_compress.wishes import NAME, TURNS, Wish, of_steps

_IN_PARTS = "split"
"""The way that takes what no other does, in pieces: whoever wants one file fits it to the others."""
_SIDES = (1080, 720, 480, 360, 240)
_PICTURE_SIDES = (2160, 1440, 1080, 720, 480, 240)
_RATES = (30, 24, 15)
_SOUND_RATES = (192, 128, 96, 64, 32)
_ANIMATION_S = 120.0
_CUT, _CHANGE, _INTO, _SIZE = 100, 200, 300, 400
"""Order of the steps: what shapes the film comes before what the result must be. Between them, the menu's own order."""
_GIF = "gif"
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
    found = [option for option in _Menu(choice, source, routes, settings, speed).options() if option is not None]
    if choice.kind is not ChoiceKind.VIDEO:
        found = _without_lonely_groups(found)
    return tuple(replace(option, order=option.order + place) for place, option in enumerate(found))


def _without_lonely_groups(options: Sequence[Option]) -> list[Option]:
    """Take out of its group what would be alone on that screen: a song and a picture have few options."""
    mates = Counter(option.group for option in options)
    return [replace(each, group=None, alone=False) if mates[each.group] == 1 else each for each in options]


@dataclass(frozen=True, slots=True)
class _Menu:
    """The options for one file."""

    choice: Choice
    source: MediaInfo
    routes: Sequence[Route]
    settings: Settings
    speed: Speed

    def options(self) -> Iterator[Option | None]:
        if self.choice.kind is ChoiceKind.IMAGE:
            yield from self._pictures()
        else:
            yield from self._sizes()
            yield from self._sounds()
            if self.is_film:
                yield from self._resolutions()
                yield from self._forms()
            yield from self._edits()
        yield from self._presets()

    @property
    def is_film(self) -> bool:
        return self.choice.kind is ChoiceKind.VIDEO

    @property
    def is_size_known(self) -> bool:
        return self.choice.size_bytes is not None

    @property
    def tells_sizes(self) -> bool:
        """Whether enough is known of the file to say what will be made of it."""
        is_measured = self.choice.width_px if self.choice.kind is ChoiceKind.IMAGE else self.source.duration_s
        return self.is_size_known and bool(is_measured)

    def _sizes(self) -> Iterator[Option | None]:
        group = text("compress-group-size")
        whole = [route for route in self.routes if route.down is None and route.name != _IN_PARTS]
        limit = max((route.max_bytes.get(_KINDS[self.choice.kind].value, 0) for route in whole), default=0)
        if limit and (not self.is_size_known or self.source.size_bytes > limit):
            yield self._option(f"fit.{limit}", text("compress-fit-chat", limit=limit), _SIZE, group=group, alone=True)
        for size in map(int, self.settings.sizes):
            if size != limit and (not self.is_size_known or size < self.source.size_bytes):
                yield self._option(f"fit.{size}", text("compress-fit", limit=size), _SIZE, group=group, alone=True)
        typed = text("compress-fit-typed")
        yield Option(key=f"{NAME}.fit", label=typed, input=InputKind.SIZE, order=_SIZE, group=group, alone=True)
        if self.is_film:
            yield self._option("phone", text("compress-phone"), _SIZE, group=group, alone=True)
            for codec in ("hevc", "av1"):
                label = text(f"compress-smaller-{codec}")
                yield self._option(f"smaller.{codec}", label, _SIZE, group=group, alone=True)

    def _sounds(self) -> Iterator[Option | None]:
        group = text("compress-group-sound" if self.is_film else "compress-group-song")
        for name in SOUNDS:
            yield self._option(f"sound.{name}", text(f"compress-sound-{name}"), _INTO, group=group, alone=True)

    def _resolutions(self) -> Iterator[Option | None]:
        group, shown_px = text("compress-group-resolution"), min(self.source.width_px or 0, self.source.height_px or 0)
        for side in (side for side in _SIDES if side < shown_px):
            yield self._option(f"height.{side}", text("compress-height", height=side), _CHANGE, group=group, alone=True)

    def _forms(self) -> Iterator[Option | None]:
        group, duration_s = text("compress-group-form"), self.source.duration_s or 0.0
        if duration_s <= _ANIMATION_S and (self.source.audio_codec is not None or self.source.container == _GIF):
            label = text("compress-animation-of-gif" if self.source.container == _GIF else "compress-animation")
            yield self._option("animation", label, _INTO, group=group, alone=True)
        yield self._option("note", text("compress-note"), _INTO, group=group, alone=True)

    def _edits(self) -> Iterator[Option | None]:
        group = text("compress-group-edit")
        yield Option(key=f"{NAME}.cut", label=text("compress-cut"), input=InputKind.TIME_RANGE, order=_CUT, group=group)
        yield self._values("kbps", _SOUND_RATES, group, below=self.source.audio_kbps)
        if not self.is_film:
            return
        if self.source.audio_codec is not None:
            yield self._option("mute", text("compress-mute"), _CHANGE, group=group)
        yield self._values("turn", TURNS, group)
        yield self._values("fps", _RATES, group, below=self.source.fps)

    def _values(
        self, name: str, values: Sequence[int], group: Text | None, *, below: float | None = math.inf
    ) -> Option | None:
        """Return an option with those of its values that change something."""
        left = tuple(str(value) for value in values if value < (below or 0))
        if not left:
            return None
        key, label = f"{NAME}.{name}", text(f"compress-{name}")
        return Option(key=key, label=label, input=InputKind.ONE_OF, values=left, order=_CHANGE, group=group)

    def _presets(self) -> Iterator[Option | None]:
        group = text("compress-group-presets")
        for name, preset in self.settings.presets.items():
            if self.choice.kind in preset.kinds:
                label = text("compress-preset", name=preset.label)
                yield self._option(f"preset.{name}", label, _SIZE, group=group, alone=True, wish=preset.wish)

    def _pictures(self) -> Iterator[Option | None]:
        for name in PICTURES:
            if self.source.mime != f"image/{name}":
                yield self._option(f"picture.{name}", text(f"compress-picture-{name}"), _CHANGE, alone=True)
        typed = text("compress-fit-typed")
        yield Option(key=f"{NAME}.fit", label=typed, input=InputKind.SIZE, order=_CHANGE)
        yield self._values("turn", TURNS, None)
        if self.choice.width_px is None:
            return
        frame = Frame(self.choice.width_px, self.choice.height_px or self.choice.width_px, 0.0)
        for side in (side for side in _PICTURE_SIDES if side < frame.short_px):
            lower, group = frame.lowered(side), text("compress-group-resolution")
            label = text("compress-side", width=lower.width_px, height=lower.height_px)
            yield self._option(f"height.{side}", label, _CHANGE, group=group, alone=True)

    def _option(  # the fields of an option
        self,
        name: str,
        label: Text,
        order: int,
        *,
        group: Text | None = None,
        alone: bool = False,
        wish: Wish | None = None,
    ) -> Option | None:
        """Return the option with what it will cost; `None` where it would do nothing or cannot be done."""
        key = f"{NAME}.{name}"
        found = self._plan(wish or of_steps([Step(key=key)], {}))
        if found is None or (found.work is Work.LEAVE and self.is_size_known):
            return None
        size_bytes = found.size_bytes if self.tells_sizes else None
        time_s = self.speed.time_s(self.source, found) if self.source.duration_s or self.tells_sizes else None
        told_s = max(time_s, 1.0) if time_s else 0  # a blink is told as a second
        shown = text("compress-option", what=label, size=size_bytes or 0, exact=int(found.exact), time=told_s)
        made = Option(key=key, label=shown, size_bytes=size_bytes, time_s=time_s, order=order)
        return replace(made, group=group, alone=alone)

    def _plan(self, wish: Wish) -> Plan | None:
        try:
            return plan(self.source, wish)
        except (Impossible, Unreachable):
            return None
