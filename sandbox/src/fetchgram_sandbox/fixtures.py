"""The pytest plugin: a world, a Bot API server, a media site and a person to chat as.

Nothing heavy is imported before a fixture is used.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from fetchgram_sandbox.botapi import BotApi
    from fetchgram_sandbox.limits import Limits
    from fetchgram_sandbox.live_bot import LiveBot
    from fetchgram_sandbox.mtproto.server import MtprotoServer
    from fetchgram_sandbox.person import Person
    from fetchgram_sandbox.site import MediaSite
    from fetchgram_sandbox.web.server import Web
    from fetchgram_sandbox.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give an empty world whose files lie in the test's folder."""
    from fetchgram_sandbox.world import World  # noqa: PLC0415 - a pytest plugin is imported in every run

    world = World(folder=tmp_path / "sandbox-files")
    yield world
    world.close()


@pytest.fixture
def bot_limits() -> Limits:
    """Give the limits of the server: the usual ones without rates, which real time would turn into waiting.

    A test about rates overrides this, with a world that has its own clock.
    """
    from fetchgram_sandbox.limits import Limits  # noqa: PLC0415 - a pytest plugin is imported in every run

    return Limits.unhurried()


@pytest_asyncio.fixture
async def bot_api(world: World, bot_limits: Limits) -> AsyncIterator[BotApi]:
    """Give a Bot API server; at the end nothing may have disagreed with the published description."""
    from fetchgram_sandbox.botapi import BotApi  # noqa: PLC0415 - a pytest plugin is imported in every run

    async with BotApi(world, limits=bot_limits) as api:
        yield api
    if api.problems:
        pytest.fail("\n".join(["calls disagree with the published Bot API:", *api.problems]))


@pytest_asyncio.fixture
async def mtproto(bot_api: BotApi) -> AsyncIterator[MtprotoServer]:
    """Give an MTProto server over the same world as `bot_api`; at the end it may not have broken."""
    from fetchgram_sandbox.mtproto.server import MtprotoServer  # noqa: PLC0415 - a pytest plugin is imported in every run

    async with MtprotoServer(bot_api.world, token=bot_api.token) as server:
        yield server
    if server.problems:
        pytest.fail("\n".join(["the MTProto server broke:", *server.problems]))


@pytest_asyncio.fixture
async def mtproto_elsewhere(mtproto: MtprotoServer) -> AsyncIterator[MtprotoServer]:
    """Give data centre 4 beside `mtproto`, with a key of its own; at the end it may not have broken."""
    async with type(mtproto)(mtproto.world, token=mtproto.desk.token, dc_id=4, beside=mtproto) as server:
        yield server
    if server.problems:
        pytest.fail("\n".join(["the MTProto server elsewhere broke:", *server.problems]))


@pytest.fixture
def chat(world: World) -> Person:
    """Give a person in the private chat with the bot."""
    from fetchgram_sandbox.person import Person  # noqa: PLC0415 - a pytest plugin is imported in every run

    return Person(world, world.new_person("Alice", username="alice"))


@pytest.fixture(scope="session")
def clips_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder in which the media site's clips are made once per run."""
    return tmp_path_factory.mktemp("clips")


@pytest_asyncio.fixture
async def media_site(clips_folder: Path) -> AsyncIterator[MediaSite]:
    """Give a small web site with real clips."""
    from fetchgram_sandbox.site import MediaSite  # noqa: PLC0415 - a pytest plugin is imported in every run

    async with MediaSite(clips_folder) as site:
        yield site


@pytest_asyncio.fixture
async def emulated_web(clips_folder: Path) -> AsyncIterator[Web]:
    """Give a web of known host names; at the end nothing but those may have been asked for."""
    from fetchgram_sandbox.web.server import Web  # noqa: PLC0415 - a pytest plugin is imported in every run
    from fetchgram_sandbox.web.sites import all_sites  # noqa: PLC0415 - a pytest plugin is imported in every run

    async with Web(all_sites(clips_folder / "web")) as web:
        yield web
    if web.refused:
        pytest.fail(f"hosts that the emulated web does not have were asked for: {', '.join(web.refused)}")


@pytest_asyncio.fixture
async def live_bot(clips_folder: Path, tmp_path: Path, bot_limits: Limits) -> AsyncIterator[LiveBot]:
    """Give the real bot with every installed plugin, at work on a stage of its own; it takes seconds to start.

    For many tests share one: `open_live_bot` in a fixture of a wider scope.
    """
    from fetchgram_sandbox.live_bot import open_live_bot  # noqa: PLC0415 - a pytest plugin is imported in every run

    async with open_live_bot(clips_folder, tmp_path / "live-bot", limits=bot_limits) as live:
        yield live
