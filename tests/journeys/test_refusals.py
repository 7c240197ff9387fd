"""What cannot be had is refused in one clear sentence, with a number that stands in the log too."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from fetchgram_sandbox.objects import Message

from .conftest import Guest, until

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


async def refused(bob: Guest, link: str, sentence: str) -> Message:
    sent = bob.says(link)
    told = await bob.sees(lambda m: "❌" in m.text and m.reply_to_id == sent.message_id)
    assert sentence in told.text, bob.story()
    return told


async def test_an_error_number_in_the_chat_is_the_one_in_the_log_with_the_plugins_name(bob: Guest) -> None:
    told = await refused(bob, f"{bob.site}/bad/404?refusals=1", "This is not there any more.")
    found = re.search(r"Error number (\w+)$", told.text)
    assert found is not None
    (line,) = [line for line in bob.live.log_lines() if line.get("number") == found[1]]
    assert line["event"] == "request.failed"
    assert line["plugin"] == "ytdlp"
    assert "Traceback" in str(line["exception"])
    assert [button.label for button in told.buttons] == ["🔁 Try again"]


async def test_a_page_that_calls_itself_a_video_is_no_media(bob: Guest) -> None:
    await refused(bob, f"{bob.site}/bad/page.mp4?refusals=2", "There is no video, sound or picture behind this link.")


async def test_a_site_that_cannot_be_reached(bob: Guest, closed_port: str) -> None:
    await refused(bob, f"http://{closed_port}/video.mp4", "The site cannot be reached.")


@pytest.mark.parametrize("address", ["http://10.0.0.1/video.mp4", "http://169.254.169.254/latest/meta-data"])
async def test_private_addresses_are_refused(bob: Guest, address: str) -> None:
    await refused(bob, address, "I do not open addresses of private networks.")


async def test_addresses_of_this_machine_are_refused_and_nothing_connects(bob: Guest, canary: Canary) -> None:
    for host in ("localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "2130706433"):
        await refused(bob, f"http://{host}:{canary.port}/video.mp4", "I do not open addresses of private networks.")
    redirect = f"{bob.site}/bad/redirect?to=http://127.0.0.1:{canary.port}/video.mp4"
    await refused(bob, redirect, "I do not open addresses of private networks.")
    assert canary.connections == 0


async def test_an_endless_answer_ends_at_the_limit(bob: Guest) -> None:
    card = await bob.asks_for(f"{bob.site}/bad/endless.mp4?refusals=3")
    await bob.taps(card, card.buttons[0].label)
    told = await bob.sees("❌")
    assert "too large" in told.text


async def test_what_no_way_takes_says_so_before_the_tap_and_after_it(bob: Guest) -> None:
    card = await bob.asks_for(f"{bob.site}/media/padded-3000000.mp4?refusals=4")
    assert card.buttons[0].label.startswith("🚫")
    assert await bob.taps(card, card.buttons[0].label) == "Too large: 2 MB is the most that I can send"
    assert not any("Downloading" in text for text in bob.history(card))


async def test_too_many_links_in_a_message_and_in_a_minute(bob: Guest) -> None:
    links = [f"{bob.site}/bad/404?refusals=many{number}" for number in range(10)]
    bob.says(" ".join(links[:5]))
    await bob.sees("I take 4 links from a message.")
    bob.says(" ".join(links[5:]))
    await bob.sees("Slow down, please: 7 links a minute.")


async def test_a_person_who_blocks_the_bot_does_not_stop_the_others(bob: Guest) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/colours?kbps=1500&refusals=5")
    await bob.taps(card, "360p")
    await bob.sees("Downloading")
    bob.person.block()
    await until(lambda: any(line["event"] == "delivery.failed" for line in bob.live.log_lines()))
    bob.person.unblock()
    bob.says("/start")
    await bob.sees("Send me a link")
    assert not bob.files("video")


class Canary:
    """A server on this machine that counts who comes."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0

    async def meet(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()


@pytest_asyncio.fixture(loop_scope="session")
async def canary() -> AsyncIterator[Canary]:
    made = Canary()
    server = await asyncio.start_server(made.meet, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    await server.wait_closed()
