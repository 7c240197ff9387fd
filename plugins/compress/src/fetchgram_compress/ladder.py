"""Which resolution a bitrate carries: lowered before the picture gets ugly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

SHORT_SIDES = (2160, 1440, 1080, 720, 540, 432, 360, 288, 234, 180, 144)
"""Shorter sides to go down to: those of Apple's HLS authoring specification (table of recommended variants), and some
below, since a size limit does not care for what streaming thinks worth it."""
_SMOOTH_SIDE = 480
_SLOW_FPS = 30.0
"""Below this side more than 30 frames a second are bits taken from the picture."""

# H.264, level 4.1 (ITU-T H.264, table A-1): what decoders in phones of every age take.
MOST_BLOCKS = 8192
MOST_BLOCKS_PER_S = 245_760
_BLOCK_PX = 16
_HAIR = 1e-6


@dataclass(frozen=True, slots=True)
class Frame:
    """Size and rate of a picture; sides are even, as 4:2:0 wants them."""

    width_px: int
    height_px: int
    fps: float

    @property
    def pixels_per_s(self) -> float:
        """How much there is to encode."""
        return self.width_px * self.height_px * self.fps

    @property
    def short_px(self) -> int:
        """The shorter side."""
        return min(self.width_px, self.height_px)

    def lowered(self, short_px: int) -> Frame:
        """Return this with the shorter side at most so long."""
        factor = min(1.0, short_px / self.short_px)
        return Frame(even(self.width_px * factor), even(self.height_px * factor), self.fps)

    def slowed(self, fps: float) -> Frame:
        """Return this with at most so many frames a second; even fractions of the rate look smoothest."""
        rate = self.fps
        while rate > fps * 1.01:
            rate = rate / 2 if rate / 2 >= fps * 0.75 else fps
        return replace(self, fps=rate)

    def for_level_41(self) -> Frame:
        """Return the largest of this shape that H.264's level 4.1 takes."""
        frame = self
        for short_px in (self.short_px, *SHORT_SIDES):
            frame = self.lowered(short_px)
            if _blocks(frame) <= MOST_BLOCKS:
                break
        return frame.slowed(MOST_BLOCKS_PER_S / _blocks(frame))


def even(length: float) -> int:
    """Return the even number of pixels that is not above it, at least two."""
    return max(2, int(length / 2 + _HAIR) * 2)


def rungs(frame: Frame) -> Iterator[Frame]:
    """Go down from a frame."""
    yield frame
    for short_px in SHORT_SIDES:
        if short_px < frame.short_px:
            lower = frame.lowered(short_px)
            yield lower.slowed(_SLOW_FPS) if short_px < _SMOOTH_SIDE else lower


def fitting(frame: Frame, bits_per_s: float, clean_bits_per_pixel: float) -> Frame | None:
    """Return the largest rung on which the bitrate gives a clean picture; `None` when none does.

    The threshold for H.264 is 0.025 bits a pixel: there x264 at a lower resolution, scaled up again, begins to come
    nearer to the original (SSIM) than at the full one. Measured with a cartoon (1280x720), a street (640x272) and a
    zoom into a fractal at 0.014 to 0.030 bits a pixel; patterns with hard edges lose by it even there.
    """
    return next((rung for rung in rungs(frame) if bits_per_s / rung.pixels_per_s >= clean_bits_per_pixel), None)


def _blocks(frame: Frame) -> int:
    return -(-frame.width_px // _BLOCK_PX) * -(-frame.height_px // _BLOCK_PX)
