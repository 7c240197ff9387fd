"""Real instaloader and real yt-dlp find what they need on the emulated Instagram, and are refused as really."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import instaloader
import pytest
import yt_dlp

from fetchgram_sandbox.web.instagram.accounts import CODE
from fetchgram_sandbox.web.instagram.posts import HIGHLIGHT_ID
from fetchgram_sandbox.web.instagram.site import Instagram
from fetchgram_sandbox.web.instagram.troubles import Trouble
from fetchgram_sandbox.web.kitchen import Kitchen
from fetchgram_sandbox.web.server import Web

pytestmark = pytest.mark.timeout(120)

T = TypeVar("T")
Loader = instaloader.Instaloader
Ask = Callable[..., Awaitable[dict[str, Any]]]
HOME = "https://www.instagram.com"


class Silence:
    """A logger for yt-dlp that says nothing."""

    def debug(self, text: str) -> None: ...

    def warning(self, text: str) -> None: ...

    def error(self, text: str) -> None: ...


@pytest.fixture
def site(clips_folder: Path) -> Instagram:
    return Instagram(Kitchen(clips_folder / "web" / "instagram"))


@pytest.fixture
async def web(site: Instagram, monkeypatch: pytest.MonkeyPatch) -> Any:
    async with Web([site]) as web:
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, web.proxy_url)
        for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
            monkeypatch.setenv(name, str(web.ca_file))
        monkeypatch.setenv("NO_PROXY", "")
        yield web
    assert web.refused == ()


@pytest.fixture
def loader(web: Web) -> Loader:
    return Loader(sleep=False, quiet=True, max_connection_attempts=1, iphone_support=False)


@pytest.fixture
def ask(web: Web) -> Ask:
    """Ask yt-dlp about a URL, logged in where cookies are given."""

    async def ask(url: str, cookies: dict[str, str] | None = None, **more: object) -> dict[str, Any]:
        def run() -> dict[str, Any]:
            options = {
                "logger": Silence(),
                "proxy": web.proxy_url,
                "compat_opts": {"no-certifi"},
                "cachedir": False,
                "noplaylist": True,
            }
            jar = "".join(
                f".instagram.com\tTRUE\t/\tTRUE\t0\t{name}\t{value}\n" for name, value in (cookies or {}).items()
            )
            more["cookiefile"] = io.StringIO(f"# Netscape HTTP Cookie File\n{jar}")
            with yt_dlp.YoutubeDL({**options, **more}) as engine:
                return dict(engine.extract_info(url, download=False))

        return await asyncio.to_thread(run)

    return ask


def logged_in(loader: Loader, site: Instagram, name: str = "sandbox.one") -> Loader:
    loader.load_session(name, site.accounts[name].cookies)
    return loader


async def post(loader: Loader, code: str) -> instaloader.Post:
    return await asyncio.to_thread(instaloader.Post.from_shortcode, loader.context, code)


async def test_a_picture_has_its_text_its_author_and_its_address(loader: Loader, web: Web) -> None:
    found = await post(loader, "Cpicture001")
    assert (found.typename, found.caption, found.owner_username) == (
        "GraphImage", "A picture of colours #test", "sandbox.band",
    )  # fmt: skip
    raw = await asyncio.to_thread(loader.context.get_raw, found.url)
    assert raw.content.startswith(b"\xff\xd8")
    assert [(each.method, each.host, each.path) for each in web.requests] == [
        ("GET", "www.instagram.com", "/"),
        ("POST", "www.instagram.com", "/api/graphql"),
        ("GET", "scontent.cdninstagram.com", "/v/picture-640x800.jpg"),
    ]


async def test_a_reel_is_a_film_for_both(loader: Loader, ask: Ask) -> None:
    found = await post(loader, "Creel000001")
    assert (found.is_video, found.video_duration) == (True, 3.0)
    info = await ask(f"{HOME}/reel/Creel000001/")
    (stream,) = info["formats"]
    assert (info["id"], info["description"], stream["width"], stream["height"]) == (
        "Creel000001", "A reel, upright", 360, 640,
    )  # fmt: skip
    assert stream["url"] == found.video_url


async def test_a_carousel_has_its_items_in_order(loader: Loader, ask: Ask) -> None:
    mixed = [node.is_video for node in (await post(loader, "Cmixed00001")).get_sidecar_nodes()]
    many = [node.is_video for node in (await post(loader, "Cmany000014")).get_sidecar_nodes()]
    assert mixed == [False, True, False]
    assert [place for place, is_video in enumerate(many) if is_video] == [4, 9]
    assert len(many) == 14
    # yt-dlp knows no pictures: of a carousel it finds the films, and stops at the first item that is none.
    with pytest.raises(yt_dlp.utils.DownloadError, match="No video formats found"):
        await ask(f"{HOME}/p/Cmixed00001/")


async def test_a_picture_is_nothing_for_ytdlp(ask: Ask) -> None:
    with pytest.raises(yt_dlp.utils.DownloadError, match="There is no video in this post"):
        await ask(f"{HOME}/p/Cpicture001/")


async def test_a_profile_has_its_picture_and_its_latest_posts_page_by_page(loader: Loader) -> None:
    def look() -> tuple[str, list[str], str]:
        profile = instaloader.Profile.from_username(loader.context, "sandbox.band")
        page = profile.get_posts().freeze().remaining_data
        assert page is not None
        codes = [edge["node"]["code"] for edge in page["edges"]]
        return profile.profile_pic_url, codes, page["page_info"]["end_cursor"]

    picture, codes, cursor = await asyncio.to_thread(look)
    assert picture.endswith("/v/picture-320x320.jpg")
    assert (len(codes), codes[0], cursor) == (12, "Cpost000001", "Cpost000012")


async def test_all_posts_of_a_profile_come_to_whoever_is_logged_in(loader: Loader, site: Instagram) -> None:
    def look() -> list[str | None]:
        profile = instaloader.Profile.from_username(logged_in(loader, site).context, "sandbox.band")
        return [each.caption for each in profile.get_posts()]

    assert await asyncio.to_thread(look) == [f"Post {number}" for number in range(1, 31)]


async def test_stories_and_highlights_come_to_whoever_is_logged_in(loader: Loader, site: Instagram, ask: Ask) -> None:
    def look() -> tuple[list[bool], list[str]]:
        (story,) = logged_in(loader, site).get_stories([8001])
        hash_, ids = "45246d3fe16ccc6577e0bd297a5db1ab", {"highlight_reel_ids": [HIGHLIGHT_ID]}
        (reel,) = loader.context.graphql_query(hash_, ids)["data"]["reels_media"]
        return [item.is_video for item in story.get_items()], [item["id"] for item in reel["items"]]

    story, highlight = await asyncio.to_thread(look)
    assert (sorted(story), len(highlight)) == ([False, True], 3)
    info = await ask(f"{HOME}/stories/sandbox.band/3500000000000000002/", site.accounts["sandbox.one"].cookies)
    assert [each["height"] for each in info["formats"]] == [644]


async def test_stories_are_kept_from_visitors(loader: Loader, ask: Ask) -> None:
    with pytest.raises(instaloader.exceptions.LoginRequiredException):
        next(loader.get_stories([8001]))
    with pytest.raises(yt_dlp.utils.DownloadError, match="--cookies"):
        await ask(f"{HOME}/stories/sandbox.band/3500000000000000002/")


async def test_what_followers_may_see_comes_to_them(loader: Loader, site: Instagram, ask: Ask) -> None:
    with pytest.raises(instaloader.exceptions.BadResponseException):
        await post(loader, "Cprivate001")
    assert (await post(logged_in(loader, site), "Cprivate001")).caption == "For friends"
    with pytest.raises(instaloader.exceptions.BadResponseException):
        await post(logged_in(loader, site, "sandbox.two"), "Cprivate001")


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("Cdeleted001", "BadResponseException", "Fetching Post metadata failed"),
        ("Cregion0001", "BadResponseException", "Fetching Post metadata failed"),
        ("Cagelimit01", "BadResponseException", "Fetching Post metadata failed"),
        ("Cnotallowed", "ConnectionException", "401 Unauthorized"),
        ("Cloginwall1", "LoginRequiredException", "Redirected to login page"),
        ("Cloginpage1", "ConnectionException", "Expecting value"),
        ("Ctruncated1", "ConnectionException", "Unterminated string"),
        ("Cratelimit1", "ConnectionException", "429 Too Many Requests"),
        ("Cratelimit2", "ConnectionException", "429 Too Many Requests"),
        ("Cchanged001", "BadResponseException", "Unknown media_type"),
    ],
)
async def test_instaloader_is_refused_in_each_ones_own_words(loader: Loader, code: str, error: str, words: str) -> None:
    with pytest.raises(getattr(instaloader.exceptions, error), match=words):
        await post(loader, code)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Trouble.CHECKPOINT, "checkpoint_required"),
        (Trouble.FEEDBACK, "feedback_required"),
        (Trouble.LOGGED_OUT, "You've been logged out"),
    ],
)
async def test_a_session_ends_in_its_own_way(loader: Loader, site: Instagram, trouble: Trouble, words: str) -> None:
    site.accounts["sandbox.one"].trouble = trouble
    with pytest.raises(instaloader.exceptions.AbortDownloadException, match=words):
        await post(logged_in(loader, site), "Cpicture001")


async def test_a_session_that_nobody_has_any_more_is_logged_out(loader: Loader, site: Instagram) -> None:
    logged_in(loader, site)
    del site.accounts["sandbox.one"]
    with pytest.raises(instaloader.exceptions.AbortDownloadException, match="logged out"):
        await post(loader, "Cpicture001")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("Cagelimit01", "Restricted Video: You must be 18"),
        ("Cregion0001", "not available in your country"),
        ("Cprivate001", "empty media response"),
        ("Cdeleted001", "404"),
        ("Cloginwall1", "redirected to the login page"),
        ("Cratelimit1", "429"),
        ("Cchanged003", "empty media response"),
    ],
)
async def test_ytdlp_is_refused_in_its_own_words(ask: Ask, code: str, words: str) -> None:
    with pytest.raises(yt_dlp.utils.DownloadError, match=words):
        await ask(f"{HOME}/reel/{code}/")


async def test_what_changed_for_one_is_the_same_for_the_other(ask: Ask) -> None:
    assert (await ask(f"{HOME}/reel/Cchanged001/"))["description"] == "Still a reel"


async def test_a_login_takes_the_second_factor_where_there_is_one(loader: Loader, site: Instagram) -> None:
    def log_in() -> str | None:
        with pytest.raises(instaloader.exceptions.TwoFactorAuthRequiredException):
            loader.login("sandbox.careful", "sandbox-password")
        with pytest.raises(instaloader.exceptions.BadCredentialsException):
            loader.two_factor_login("000000")
        loader.two_factor_login(CODE)
        return loader.test_login()

    assert await asyncio.to_thread(log_in) == "sandbox.careful"


@pytest.mark.parametrize(
    ("name", "password", "words"),
    [
        ("sandbox.one", "wrong", "Wrong password"),
        ("sandbox.nobody", "wrong", "does not exist"),
        ("sandbox.checked", "sandbox-password", "Checkpoint required"),
    ],
)
async def test_a_login_is_refused(loader: Loader, name: str, password: str, words: str) -> None:
    with pytest.raises(instaloader.exceptions.LoginException, match=words):
        await asyncio.to_thread(loader.login, name, password)
