from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetchgram_ytdlp.literals import required_literals


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        (r"https?://(?:www\.)?example\.org/v/(?P<id>\d+)", {"example.org/v/"}),
        (r"https?://(?:www\.)?(?:one\.tv|two\.org)/(?P<id>\w+)", {"one.tv", "two.org"}),
        (r"https?://(?:\w+\.)?Example\.ORG/", {"example.org/"}),
        (r"(?x)https?://  (?:m\.)? site\.net / # a comment", {"site.net/"}),
        (r"https?://[^/]+/(?P<id>\d+)", set()),
        (r"https?://(?:known\.site|[^/]+)/x", set()),
        (r"https?://(?:maybe\.site)?/.*", set()),
        (r"(?:needed){2,}", {"needed"}),
        (r"https?://(?:\w+\.)?half(?!x)half\.tv", {"halfhalf.tv"}),
    ],
)
def test_what_every_match_holds_is_found(pattern: str, literals: set[str]) -> None:
    assert required_literals(pattern) == literals


@given(
    st.from_regex(r"https?://(?:www\.)?(?:ab(?:cd|ef)|xyz\d{2,3}q)\.(?:site|host)/(?:v|watch)?[a-z]{3}", fullmatch=True)
)
def test_no_match_is_without_its_literal(url: str) -> None:
    pattern = r"https?://(?:www\.)?(?:ab(?:cd|ef)|xyz\d{2,3}q)\.(?:site|host)/(?:v|watch)?[a-z]{3}"
    literals = required_literals(pattern)
    assert re.match(pattern, url)
    assert any(literal in url.casefold() for literal in literals)
