from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, cast

import pytest
from yt_dlp.extractor import gen_extractor_classes

from fetchgram_ytdlp.catalogue import Catalogue

Suits = Callable[[str], object]

# The lazy classes have no `_TESTS`, so a process of its own reads them from the real ones.
_PRINT_TEST_URLS = """
import json
from yt_dlp.extractor import gen_extractor_classes
tests = lambda ie: getattr(ie, "_TESTS", None) or ([ie._TEST] if getattr(ie, "_TEST", None) else [])
print(json.dumps([test["url"] for ie in gen_extractor_classes() for test in tests(ie)]))
"""


@pytest.fixture(scope="module")
def urls() -> list[str]:
    env = os.environ | {"YTDLP_NO_LAZY_EXTRACTORS": "1", "YTDLP_NO_PLUGINS": "1"}
    run = subprocess.run([sys.executable, "-c", _PRINT_TEST_URLS], env=env, capture_output=True, check=True)
    return cast("list[str]", json.loads(run.stdout))


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.of_ytdlp()


def _slow_answer(url: str, asked: list[tuple[str, Suits]]) -> str | None:
    """What yt-dlp itself would take: the first that suits."""
    return next((key for key, suits in asked if suits(url)), None)


def _askable(extractor: Any) -> Suits:  # yt-dlp is not typed
    """Ask a plain extractor for its expression only, as its `suitable` does: it is several times faster."""
    if extractor.suitable.__qualname__ != "LazyLoadExtractor.suitable":
        return cast("Suits", extractor.suitable)
    expressions = extractor._VALID_URL or ()
    each = [re.compile(one).match for one in ([expressions] if isinstance(expressions, str) else expressions)]
    return each[0] if len(each) == 1 else lambda url: any(match(url) for match in each)


@pytest.mark.timeout(120)
def test_every_url_of_ytdlps_own_tests_finds_the_extractor_that_ytdlp_takes(
    catalogue: Catalogue, urls: list[str]
) -> None:
    assert len(urls) > 5_000
    found = {url: getattr(catalogue.find(url), "key", None) for url in urls}
    asked = [(each.ie_key(), _askable(each)) for each in gen_extractor_classes() if each.ie_key() != "Generic"]
    assert found == {url: _slow_answer(url, asked) for url in urls}


@pytest.mark.timeout(60)
def test_six_thousand_links_take_a_few_seconds(catalogue: Catalogue, urls: list[str]) -> None:
    started = time.process_time()
    for url in urls:
        catalogue.find(url)
    assert time.process_time() - started < 5


def test_few_extractors_have_to_be_asked_about_every_link(catalogue: Catalogue) -> None:
    assert len(catalogue._always) < 20


def test_a_page_that_only_the_generic_extractor_reads_is_nobodys(catalogue: Catalogue) -> None:
    assert catalogue.find("https://example.com/some/page.html") is None


def test_an_id_that_is_all_that_an_extractor_takes_names_the_media(catalogue: Catalogue) -> None:
    match = catalogue.find("https://vimeo.com/56015672")
    assert match is not None
    assert (match.key, match.media_id) == ("Vimeo", "56015672")
