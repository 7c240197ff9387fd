"""The pictures and films that the emulated Instagram has, and how ffmpeg makes each."""

from __future__ import annotations

from dataclasses import dataclass

FILM_S = 3
_ENCODER = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-movflags", "+faststart")
_TONE = ("-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=44100:duration={FILM_S}")


@dataclass(frozen=True, slots=True)
class Item:
    """One picture or film.

    Args:
        width_px: Sets items apart: no two of a post have the same.
        height_px: Of both the film and its cover.
        is_film: Whether it moves.
        is_grainy: Whether the picture is noise, of which no JPEG is small.
    """

    width_px: int
    height_px: int
    is_film: bool = False
    is_grainy: bool = False

    @property
    def picture(self) -> str:
        """Name of the picture, or of the film's cover."""
        return f"{'grain' if self.is_grainy else 'picture'}-{self.width_px}x{self.height_px}.jpg"

    @property
    def film(self) -> str:
        """Name of the film."""
        return f"film-{self.width_px}x{self.height_px}.mp4"


def recipe(name: str) -> tuple[str, ...] | None:
    """Return how ffmpeg makes the clip of a name; `None` if there is none of that name."""
    stem, _, suffix = name.partition(".")
    kind, _, size = stem.partition("-")
    if size not in _SIZES or (kind, suffix) not in (("picture", "jpg"), ("grain", "jpg"), ("film", "mp4")):
        return None
    if suffix == "jpg":
        grain = ("-vf", "noise=alls=100:allf=u") if kind == "grain" else ()
        return ("-f", "lavfi", "-i", f"testsrc2=size={size}", *grain, "-frames:v", "1", "-q:v", "4")
    film = ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=24:duration={FILM_S}")
    return (*film, *_TONE, *_ENCODER, "-c:a", "aac", "-b:a", "64k")


PICTURE = Item(640, 800)
WIDE = Item(640, 360, is_film=True)
UPRIGHT = Item(360, 640, is_film=True)
FACE = Item(320, 320)
SMALL_FACE = Item(150, 150)
"""As it stands beside a name."""
MIXED = (Item(600, 750), Item(360, 450, is_film=True), Item(602, 750))
MANY = tuple(Item(320 + 2 * place, 400, is_film=place in (4, 9)) for place in range(14))
HEAVY = tuple(Item(1000 + 2 * place, 1250, is_grainy=True) for place in range(3))
"""Together more than one file of them."""
STORY = (Item(360, 642), Item(362, 644, is_film=True))
HIGHLIGHT = (Item(364, 646), Item(366, 648, is_film=True), Item(368, 650))
_SIZES = frozenset(
    f"{item.width_px}x{item.height_px}"
    for item in (PICTURE, WIDE, UPRIGHT, FACE, SMALL_FACE, *MIXED, *MANY, *HEAVY, *STORY, *HIGHLIGHT)
)
