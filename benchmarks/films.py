"""What the benchmarks of films share: ffmpeg, films made by its own sources, and what a file is."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fetchgram.api import MediaInfo
from fetchgram.workers.ffmpeg import find_ffmpeg

FFMPEG = str(find_ffmpeg())
SOURCES: Mapping[str, str] = {
    "zoom": "mandelbrot=s={size}:r={fps}:start_scale=2:end_scale=0.05,trim=duration={s}",
    "pattern": "testsrc2=s={size}:r={fps}:d={s}",
    "life": "life=s=320x180:mold=10:r={fps}:ratio=0.1:seed=7,scale={size},trim=duration={s}",
    "grain": "gradients=s={size}:r={fps}:d={s}:speed=0.02:seed=7,noise=alls=6:allf=t:all_seed=7",
    "slides": "color=white:s={size}:r={fps}:d={s},drawgrid=w=80:h=60:c=gray,hue=H=floor(t/2)",
    "head": "testsrc=s={size}:r={fps}:d={s},boxblur=6,noise=alls=5:allf=t:all_seed=7,crop=iw-16:ih-16:8+4*sin(3*t):8,"
    "scale={size}",
    "cells": "cellauto=s=320x180:r={fps}:rule=110:seed=7,scale={size},trim=duration={s}",
    "bands": "gradients=s={size}:r={fps}:d={s}:n=6:speed=0.05:seed=3,rotate=0.2*sin(t)",
    "cuts": "testsrc2=s={size}:r={fps}:d={s},hue=h=120*floor(t),hflip=enable='lt(mod(t,2),1)'",
    "drift": "sierpinski=s={size}:r={fps}:seed=7,trim=duration={s},noise=alls=3:allf=t",
}
"""Films by name: a zoom, a pattern, a game of life, film grain, slides, a head before a wall, cells, soft bands,
cuts, a slow move with noise."""
_BEST = (
    *("-vf", "setsar=1", "-c:v", "libx264", "-preset", "veryfast", "-crf", "14", "-pix_fmt", "yuv420p"),
    *("-c:a", "aac", "-b:a", "160k"),
)
_SSIM = re.compile(r"All:([\d.]+)")


@dataclass(frozen=True)
class Film:
    """One film."""

    name: str
    path: Path
    info: MediaInfo

    @property
    def duration_s(self) -> float:
        """How long it is."""
        return self.info.duration_s or 1.0


def make_film(  # the parameters of a film
    folder: Path, name: str, *, size: str, seconds: float, fps: int = 25, is_silent: bool = False
) -> Path:
    """Write one film and return where it is."""
    path = folder / f"{name}-{size}-{fps}{'-silent' if is_silent else ''}.mp4"
    picture = ("-f", "lavfi", "-i", SOURCES[name].format(size=size, fps=fps, s=seconds))
    tone = f"sine=f=300:d={seconds},tremolo=f=4,aformat=channel_layouts=stereo"
    sound = () if is_silent else ("-f", "lavfi", "-i", tone)
    run(*picture, *sound, "-shortest", *_BEST, path)
    return path


def ssim(film: Film, result: Path) -> float:
    """Return how near a result comes to its film, scaled up to it where it is smaller."""
    graph = f"[0:v]scale={film.info.width_px}:{film.info.height_px}:flags=bicubic[a];[a][1:v]ssim"
    shown = run("-i", result, "-i", film.path, "-lavfi", graph, "-an", "-f", "null", "-")
    return float(_SSIM.findall(shown)[-1])


def run(*words: object) -> str:
    """Run ffmpeg and return what it says.

    Raises:
        SystemExit: If it fails.
    """
    command = [FFMPEG, "-hide_banner", "-nostdin", "-y", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-800:])
    return done.stderr
