from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from yt_dlp.extractor import gen_extractor_classes

from fetchgram.api import ContentUnavailable
from fetchgram_ytdlp.refused import REFUSED, refuse

if TYPE_CHECKING:
    from tests.plugins.ytdlp.conftest import Bench, MakeLink


def test_each_refused_extractor_exists() -> None:
    assert set(REFUSED) <= {extractor.ie_key() for extractor in gen_extractor_classes()}


@pytest.mark.parametrize("key", sorted(REFUSED))
def test_a_refused_extractor_is_told_with_its_reason(key: str) -> None:
    with pytest.raises(ContentUnavailable) as caught:
        refuse(key)
    assert caught.value.reason is REFUSED[key]


@pytest.mark.parametrize("key", ["Youtube", "Generic", None])
def test_any_other_one_passes(key: str | None) -> None:
    refuse(key)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.timeout(60)
async def test_a_link_of_a_refused_extractor_is_not_looked_up(bench: Bench, make_link: MakeLink) -> None:
    link = make_link("https://live.nicovideo.jp/watch/lv329299587")
    named = type(link)(plugin="ytdlp", kind=link.kind, media_id="NiconicoLive:lv329299587", url=link.url)
    with pytest.raises(ContentUnavailable, match="refused"):
        await bench.engine.probe(named)
