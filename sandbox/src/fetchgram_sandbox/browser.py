"""Drives the chat page in a real Chromium, for journeys and for a look at the page; needs the package playwright."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Browser, ConsoleMessage, Page

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_DESKTOP_PX = (1280, 800)


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A tab that shows the chat page.

    Attributes:
        page: Playwright's page.
        problems: What the console and uncaught exceptions said; empty when all is well.
    """

    page: Page
    problems: list[str] = field(default_factory=list)

    async def send(self, text: str) -> None:
        """Type a text and press Enter."""
        field_ = self.page.get_by_role("textbox", name="Message")
        await field_.fill(text)
        await field_.press("Enter")

    async def tap(self, label: str) -> None:
        """Tap the newest inline button whose label contains a text."""
        await self.page.locator(".keyboard .key", has_text=label).last.click()

    async def act_as(self, name: str) -> None:
        """Switch to another person."""
        await self.page.get_by_role("button", name=f"Act as {name}").click()

    async def play_video(self, nth: int = -1) -> tuple[int, int]:
        """Play a video, the newest by default, and return its width and height as decoded, once a frame is there."""
        frame = self.page.locator(".visual.video").nth(nth)
        await frame.get_by_role("button", name="Play video", exact=True).click()
        video = frame.locator("video")
        await video.evaluate("""video => new Promise((resolve, reject) => {
            if (video.readyState >= 2) return resolve();
            video.addEventListener("loadeddata", () => resolve());
            video.addEventListener("error", () => reject(new Error(video.error.message)));
        })""")
        width_px, height_px = await video.evaluate("video => [video.videoWidth, video.videoHeight]")
        return width_px, height_px


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """Start the Chromium of this machine.

    Raises:
        FileNotFoundError: There is none.
    """
    # A test tool that the demo itself does not need, so it is imported where it is used.
    from playwright.async_api import async_playwright  # noqa: PLC0415

    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        raise FileNotFoundError(f"no browser; install one of {', '.join(_NAMES)}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def open_tab(
    browser: Browser,
    url: str,
    *,
    width: int = _DESKTOP_PX[0],
    height: int = _DESKTOP_PX[1],
    dark: bool = False,
) -> AsyncIterator[OpenPage]:
    """Open the chat page in a fresh profile of a running browser and wait until it follows the server."""
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", locale="en-GB"
    )
    try:
        opened = OpenPage(await context.new_page())
        _listen(opened)
        await opened.page.goto(url)
        await opened.page.locator("body.online").wait_for()
        yield opened
    finally:
        await context.close()


@asynccontextmanager
async def open_page(
    url: str, *, width: int = _DESKTOP_PX[0], height: int = _DESKTOP_PX[1], dark: bool = False
) -> AsyncIterator[OpenPage]:
    """Start a browser and open the chat page in it.

    Args:
        url: The address of the Bot API server.
        width: Of the window, in px.
        height: Of the window, in px.
        dark: Whether the system prefers a dark page.
    """
    async with open_browser() as browser, open_tab(browser, url, width=width, height=height, dark=dark) as opened:
        yield opened


def _listen(opened: OpenPage) -> None:
    def heard(message: ConsoleMessage) -> None:
        opened.problems.append(f"{message.type}: {message.text}")

    opened.page.on("console", heard)
    opened.page.on("pageerror", lambda error: opened.problems.append(f"exception: {error}"))
