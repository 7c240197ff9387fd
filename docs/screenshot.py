"""Takes the README's picture: a real conversation with the real bot, in the chat page of the sandbox."""

# ruff: noqa: INP001  # a script beside the picture that it takes, not a package

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import expect

from fetchgram_sandbox.browser import OpenPage, open_page
from fetchgram_sandbox.live_bot import open_live_bot

_SIZE_PX = (1100, 1180)
"""Room for a delivered video and, below it, the card of the next link; narrow enough to be read in a README."""

_PATIENCE_MS = 60_000
_CALM_MS = 700
"""Until what moves has come to rest."""


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("chat.png"))
    asyncio.run(_take(parser.parse_args().output))


async def _take(output: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="fetchgram-screenshot-") as name:
        folder = Path(name)
        async with open_live_bot(folder / "clips", folder) as live:
            width, height = _SIZE_PX
            async with open_page(f"{live.stage.api.url}/", width=width, height=height) as tab:
                await _talk(tab, live.stage.site.url)
                picture = await tab.page.screenshot(scale="css")
    await asyncio.to_thread(output.write_bytes, picture)
    print(f"{output} ({len(picture) / 1000:.0f} kB)")  # noqa: T201  # a command speaks


async def _talk(tab: OpenPage, site: str) -> None:
    """One video delivered, and the card of the next link with its qualities."""
    tab.page.set_default_timeout(_PATIENCE_MS)
    await tab.send(f"{site}/watch/colours")
    await expect(tab.page.locator(".keyboard .key", has_text="720p")).to_be_visible(timeout=_PATIENCE_MS)
    await tab.tap("720p")
    await expect(tab.page.locator(".keyboard .key")).to_have_count(0, timeout=_PATIENCE_MS)
    await tab.send(f"{site}/watch/dash")
    await expect(tab.page.locator(".keyboard .key", has_text="720p")).to_be_visible(timeout=_PATIENCE_MS)
    await expect(tab.page.get_by_text("is typing")).to_have_count(0, timeout=_PATIENCE_MS)
    await tab.page.wait_for_function("[...document.images].every((image) => image.complete)")
    await tab.page.wait_for_timeout(_CALM_MS)


if __name__ == "__main__":
    main()
