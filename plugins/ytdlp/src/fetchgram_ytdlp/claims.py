"""Says which links are ours: surely what an extractor knows or what is a media file, not surely anything else.

What somebody searched for, or what a site shows everybody, is no link to something that is meant.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult

from fetchgram.api import Link, LinkKind
from fetchgram_ytdlp.catalogue import Catalogue, Match
from fetchgram_ytdlp.urls import FILE_KINDS, MANIFESTS, canonical, digest, split_link, suffix_of

_SEARCHES = re.compile(r"Search|Recommended")
_PAGES_OF_NOBODY = frozenset({"explore", "feed", "hashtag", "results", "search", "trending"})
_LIST_NAMES = (("Channel", LinkKind.CHANNEL), ("User", LinkKind.PROFILE), ("Profile", LinkKind.PROFILE))


def claim(url: str, catalogue: Catalogue, plugin: str) -> Link | None:
    """Return the claim on a URL; `None` for what is no web address.

    Args:
        url: As a person sent it.
        catalogue: Of the installed yt-dlp.
        plugin: Name of the plugin that claims.
    """
    parts = split_link(url)
    if parts is None:
        return None
    match = catalogue.find(url)
    if match is not None:
        return _of_match(match, canonical(parts), plugin, sure=not _is_search(match, parts))
    return by_address(parts, plugin)


def by_address(parts: SplitResult, plugin: str) -> Link:
    """Return a link to what no extractor knows, named by its address; only a media file is surely one."""
    suffix = suffix_of(parts)
    is_file = suffix in FILE_KINDS or suffix in MANIFESTS
    url = canonical(parts._replace(fragment="") if is_file else parts)
    kind = LinkKind.FILE if is_file else LinkKind.MEDIA
    return Link(plugin=plugin, kind=kind, media_id=f"url:{digest(url)}", url=url, sure=is_file)


def _is_search(match: Match, parts: SplitResult) -> bool:
    page = parts.path.strip("/").partition("/")[0].lower()
    return match.returns != "video" and (_SEARCHES.search(match.key) is not None or page in _PAGES_OF_NOBODY)


def _of_match(match: Match, url: str, plugin: str, *, sure: bool) -> Link:
    # An `id` beside other parts may not name the media alone (a slug per language, a page per channel).
    media_id = (
        f"{match.key}:{match.media_id}" if match.is_whole else f"{match.key}:{match.media_id or ''}:{digest(url)}"
    )
    return Link(plugin=plugin, kind=_kind_of(match), media_id=media_id, url=url, sure=sure)


def _kind_of(match: Match) -> LinkKind:
    if match.returns == "video":
        return LinkKind.CLIP if "Clip" in match.key else LinkKind.VIDEO
    if match.returns == "playlist":
        return next((kind for name, kind in _LIST_NAMES if name in match.key), LinkKind.PLAYLIST)
    return LinkKind.MEDIA
