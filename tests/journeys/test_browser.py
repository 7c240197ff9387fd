"""The main journey in a real browser: typed, tapped, watched."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from fetchgram_sandbox.browser import open_page
from fetchgram_sandbox.live_bot import LiveBot

from .conftest import PATIENCE_S

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

PATIENCE_MS = PATIENCE_S * 1000
YOUTUBE_SAYS = {
    "privateone1": "This video is private: only people whom its owner invited can see it.",
    "agegated001": "YouTube shows this video only to adults who are logged in, and I am not.",
    "membersonl1": "This video is only for paying members of the channel.",
    "geoblocked1": "The owner of this video does not show it in the country where I am.",
    "livestream1": "This is live right now. Please send the link again when it is over.",
    "premiere001": "This begins at 20",
    "removed0001": "This is not on YouTube any more.",
    "ratelimit01": "YouTube says that I ask too often. Please try again in 2:00.",
    "botcheck001": "YouTube does not let me in right now: it wants proof that I am no robot.",
}


async def test_a_link_typed_in_the_browser_becomes_a_video_that_plays(live: LiveBot, tmp_path: Path) -> None:
    async with open_page(f"{live.stage.api.url}/") as tab:
        tab.page.set_default_timeout(PATIENCE_MS)
        await tab.send(f"{live.stage.site.url}/watch/colours?kbps=2500&browser=1")
        card = tab.page.locator(".keyboard .key", has_text="720p")
        await expect(card).to_be_visible(timeout=PATIENCE_MS)

        await tab.tap("720p")
        live_text = tab.page.get_by_text(re.compile(r"█.*\d+%"))
        await expect(live_text.last).to_be_visible(timeout=PATIENCE_MS)

        await expect(tab.page.get_by_role("button", name="Play video", exact=True)).to_be_visible(timeout=PATIENCE_MS)
        # Whoever wrote here before may have left other buttons.
        ours = tab.page.locator(".keyboard .key", has_text=re.compile("720p|Cancel"))
        await expect(ours).to_have_count(0, timeout=PATIENCE_MS)
        assert await tab.play_video() == (1280, 720)
        picture = tmp_path / "chat.png"
        await tab.page.screenshot(path=picture)
        assert tab.problems == []
    assert picture.stat().st_size > 10_000


@pytest.mark.timeout(600)
async def test_each_outcome_of_youtube_is_read_on_the_page(live: LiveBot) -> None:
    async with open_page(f"{live.stage.api.url}/") as tab:
        tab.page.set_default_timeout(PATIENCE_MS)
        for video, sentence in YOUTUBE_SAYS.items():
            await tab.send(f"https://www.youtube.com/watch?v={video}&page=1")
            await expect(tab.page.get_by_text(sentence).last).to_be_visible(timeout=PATIENCE_MS)
        await tab.send("https://www.youtube.com/watch?v=colourtest1&page=1")
        await expect(tab.page.locator(".keyboard .key", has_text="360p").last).to_be_visible(timeout=PATIENCE_MS)
        # Whoever wrote here before may have got videos too.
        videos = tab.page.get_by_role("button", name="Play video", exact=True)
        before = await videos.count()
        await tab.tap("360p")
        await expect(videos).to_have_count(before + 1, timeout=PATIENCE_MS)
        chapters = tab.page.get_by_text("0:02 More colours").last
        await expect(chapters).to_be_visible(timeout=PATIENCE_MS)
        assert await tab.play_video() == (640, 360)
        assert tab.problems == []
