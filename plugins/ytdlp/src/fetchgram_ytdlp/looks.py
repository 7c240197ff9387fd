"""What a lookup saw, kept for the download after it: the site is asked once, not twice."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from fetchgram.api import Link
from fetchgram_ytdlp.feeds import TITLE_HINT
from fetchgram_ytdlp.options import Downloader
from fetchgram_ytdlp.settings import EngineOptions
from fetchgram_ytdlp.subtitles import KINDS
from fetchgram_ytdlp.translate import ITEM_HINT, Info

_Key: TypeAlias = tuple[str, str | None, str | None]

_MOST_CHARS = 2_000_000
"""Of one lookup; a video of YouTube has some hundred thousand."""
_MOST_CHARS_KEPT = 16_000_000
_UNUSED = frozenset({"thumbnails", "heatmap", "comments", "automatic_captions"})


def pack(downloader: Downloader, info: Info) -> str | None:
    """Return a lookup as yt-dlp writes its own (`--write-info-json`); `None` when it is too large to be kept."""
    kept = {key: value for key, value in info.items() if key not in _UNUSED}
    kept["automatic_captions"] = _usable(info.get("automatic_captions"))
    packed = json.dumps(downloader.sanitize_info(kept, remove_private_keys=True), separators=(",", ":"))
    return packed if len(packed) <= _MOST_CHARS else None


def unpack(downloader: Downloader, packed: str) -> Info:
    """Return it as if yt-dlp had just asked the site (`--load-info-json`)."""
    return downloader.process_ie_result(json.loads(packed), download=False)


def _usable(table: object) -> Mapping[str, object]:
    """Return what a machine wrote or translated in the kinds that are taken: YouTube offers hundreds in seven."""
    found = cast("Mapping[str, list[Mapping[str, object]]]", table) if isinstance(table, Mapping) else {}
    return {language: [each for each in tracks if each.get("ext") in KINDS] for language, tracks in found.items()}


@dataclass(frozen=True, slots=True)
class _Look:
    seen_s: float
    options: EngineOptions
    packed: str


class Looks:
    """Keeps lookups in memory until their download takes them, or they are too old.

    Args:
        monotonic: Seconds that only rise.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._kept: OrderedDict[_Key, _Look] = OrderedDict()
        self._chars = 0

    def keep(self, link: Link, options: EngineOptions, packed: str) -> None:
        """Keep what `pack` returned; the oldest make room."""
        self._pop(_key(link))
        self._kept[_key(link)] = _Look(self._monotonic(), options, packed)
        self._chars += len(packed)
        while self._chars > _MOST_CHARS_KEPT:
            self._pop(next(iter(self._kept)))

    def take(self, link: Link, options: EngineOptions) -> str | None:
        """Return it once, if it is fresh and was made with the same options."""
        look = self._pop(_key(link))
        if look is None or look.options != options or self._monotonic() - look.seen_s > options.look_s:
            return None
        return look.packed

    def _pop(self, key: _Key) -> _Look | None:
        look = self._kept.pop(key, None)
        self._chars -= len(look.packed) if look else 0
        return look


def _key(link: Link) -> _Key:
    return link.url, link.hints.get(ITEM_HINT), link.hints.get(TITLE_HINT)
