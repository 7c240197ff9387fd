from __future__ import annotations

from xml.etree import ElementTree as ET

import aiohttp

from fetchgram_sandbox.site import MediaSite


async def test_a_list_is_a_feed_whose_items_lead_to_clips_but_for_those_that_are_gone(media_site: MediaSite) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{media_site.url}/list/3?gone=2&kbps=900") as answer:
            feed = ET.fromstring(await answer.text())  # our own
        assert feed.findtext("channel/title") == "3 short clips"
        assert [item.findtext("title") for item in feed.iter("item")] == ["Clip 1", "Clip 2", "Clip 3"]
        urls = [enclosure.attrib["url"] for enclosure in feed.iter("enclosure")]
        assert len(set(urls)) == 3
        assert all("kbps=900" in url for url in urls)
        statuses = []
        for url in urls:
            async with session.head(url) as answer:
                statuses.append(answer.status)
    assert statuses == [200, 404, 200]
