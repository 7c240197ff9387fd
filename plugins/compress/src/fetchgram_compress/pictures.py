"""Plans for still pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fetchgram.api import MediaInfo
from fetchgram_compress.formats import PICTURES
from fetchgram_compress.ladder import SHORT_SIDES, Frame
from fetchgram_compress.tracks import Impossible, Plan, Unreachable, VideoTrack, Work
from fetchgram_compress.wishes import Form, Wish

_SUFFIXES = {"image/jpeg": "jpeg", "image/png": "png", "image/webp": "webp"}
_PHOTO = "photo"
_QUALITY_STEP = 0.65
"""What one step of quality leaves of a size, roughly."""
_DENSER = 0.3
"""A picture of fewer pixels has more detail in each: half the sides take half as many bits a pixel again."""


def is_about(source: MediaInfo, wish: Wish) -> bool:
    """Whether the result is a still picture."""
    return wish.form is Form.PICTURE or source.kind == _PHOTO


def plans(source: MediaInfo, wish: Wish) -> Iterator[Plan]:
    """Leave it, or encode it: quality first, then size; see `plan.plans`."""
    if source.width_px is None or source.height_px is None or wish.form not in (Form.SAME, Form.PICTURE):
        raise Impossible
    name = wish.format or _SUFFIXES.get(source.mime, "jpeg")
    fits = wish.max_bytes is None or source.size_bytes <= wish.max_bytes
    frame = Frame(source.width_px, source.height_px, 0.0)
    is_same = source.kind == _PHOTO and name == _SUFFIXES.get(source.mime)
    if fits and is_same and not wish.turn_deg and (wish.height_px is None or wish.height_px >= frame.short_px):
        yield Plan(work=Work.LEAVE, suffix="", size_bytes=source.size_bytes, exact=True)
    if wish.turn_deg % 180:
        frame = Frame(frame.height_px, frame.width_px, frame.fps)
    is_still = source.kind == _PHOTO  # and has no stretch to keep
    yield from _encoded(replace(wish, cut_s=None) if is_still else wish, name, frame, _bits_per_pixel(source, name))


def _bits_per_pixel(source: MediaInfo, name: str) -> float:
    """Return what a pixel of a source takes in a format, roughly: a drawing takes less in each than a photograph."""
    usual = PICTURES[name].bits_per_pixel
    own = PICTURES.get(_SUFFIXES.get(source.mime, ""))
    if own is None or not source.width_px or not source.height_px:
        return usual
    return source.size_bytes * 8 / (source.width_px * source.height_px) * usual / own.bits_per_pixel


def _encoded(wish: Wish, name: str, frame: Frame, bits_per_pixel: float) -> Iterator[Plan]:
    form, pixels_before = PICTURES[name], frame.width_px * frame.height_px
    if wish.height_px is not None:
        frame = frame.lowered(wish.height_px)
    # What it will take is known only afterwards, so each is tried until one fits.
    for short_px in (frame.short_px, *(side for side in SHORT_SIDES if side < frame.short_px)):
        lower = frame.lowered(short_px) if short_px < frame.short_px else frame
        for step, quality in enumerate(form.qualities):
            pixels = lower.width_px * lower.height_px
            bits = pixels * bits_per_pixel * (pixels_before / pixels) ** _DENSER
            size_bytes = max(1, int(bits / 8 * _QUALITY_STEP**step))
            yield _plan(wish, name, lower, quality, size_bytes)
    raise Unreachable(size_bytes)


def _plan(wish: Wish, name: str, frame: Frame, quality: tuple[str, ...], size_bytes: int) -> Plan:
    form = PICTURES[name]
    track = VideoTrack(codec=name, width_px=frame.width_px, height_px=frame.height_px, fps=0.0)
    made = Plan(
        work=Work.PICTURE,
        suffix=form.suffix,
        kind=form.kind,
        video=track,
        picture=quality,
        turn_deg=wish.turn_deg,
        size_bytes=size_bytes,
        max_bytes=wish.max_bytes,
    )
    is_moment = wish.cut_s is not None
    return replace(made, cut_s=wish.cut_s) if is_moment else made
