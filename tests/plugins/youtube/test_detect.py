"""Beside the plugin for any site: YouTube's links are YouTube's, and without this plugin that one still has them."""

from __future__ import annotations

import pytest

from fetchgram.openings import open_detector
from fetchgram.plugins.urls import normalise_url
from fetchgram.settings import PluginsSettings, Settings
from fetchgram_ytdlp.catalogue import Catalogue

from .ytdlp_links import CLAIMED, MIRROR, NOT_OURS, PERSONAL, SEARCH

pytestmark = pytest.mark.timeout(300)


async def claimed_by(urls: list[str], *disabled: str) -> set[str]:
    plugins = PluginsSettings(disabled=disabled, detect_timeout_s=120)
    async with open_detector(Settings(plugins=plugins), size=1) as detector:
        return {link.plugin if link and link.sure else "nobody" for link in await detector.detect(urls)}


async def test_youtubes_links_are_youtubes_and_the_mirrors_are_left_to_the_plugin_for_any_site() -> None:
    mirrors = [url for url, why in NOT_OURS.items() if why == MIRROR]
    assert await claimed_by([normalise_url(url) for url in CLAIMED]) == {"youtube"}
    assert await claimed_by(mirrors) == {"ytdlp"}


async def test_searches_and_feeds_are_nobodys() -> None:
    urls = [url for url, why in NOT_OURS.items() if why in (SEARCH, PERSONAL) and url.startswith("http")]
    assert urls
    assert await claimed_by([normalise_url(url) for url in urls]) == {"nobody"}


async def test_without_this_plugin_the_one_for_any_site_has_them() -> None:
    assert await claimed_by([normalise_url(url) for url in CLAIMED], "youtube") == {"ytdlp"}


def test_whatever_is_claimed_is_also_youtubes_for_ytdlp_itself() -> None:
    catalogue = Catalogue.of_ytdlp()
    keys = {url: getattr(catalogue.find(normalise_url(url)), "key", "") for url in CLAIMED}
    assert {url for url, key in keys.items() if not key.startswith("Youtube")} == set()
