"""Texts that follow files over the Bot API: an answer to the first of them, never markup, never twice."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram.api import Delivery, MediaKind, Option, Uncertain
from fetchgram.clock import SystemClock
from fetchgram.settings import Settings
from fetchgram.telegram.account import Account
from fetchgram.telegram.delivery import BotApiDelivery
from fetchgram.testing.fakes import FakeLedger, FakeSink
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.world import World

from .conftest import Bot, file_in, named, text_in
from .test_delivery import film, to

WORDS = "The rest: <b>not bold</b> *a* [d](https://e.example) & more"


@pytest_asyncio.fixture
async def way(settings: Settings) -> AsyncIterator[BotApiDelivery]:
    account = Account(name="main", settings=settings, clock=SystemClock())
    yield account.delivery
    await account.close()


@pytest.fixture
def ledger() -> FakeLedger:
    return FakeLedger()


def again(delivery: Delivery) -> Delivery:
    return dataclasses.replace(delivery, resends=1)


async def test_a_text_answers_the_first_file_word_for_word_and_shows_no_preview(
    way: BotApiDelivery, chat: Person, bot_api: BotApi, ledger: FakeLedger, tmp_path: Path
) -> None:
    said = chat.say("https://a.example/x")
    album = [film(tmp_path, f"{n}.mp4") for n in range(12)]
    sink = FakeSink()
    place = to(chat, reply_to=said.message_id)
    receipt = await way.upload(place, [*album, text_in(tmp_path, WORDS)], ledger, sink)
    *files, text = chat.messages()[1:]
    assert (text.text, text.reply_to_id) == (WORDS, files[0].message_id)
    assert {file.reply_to_id for file in files} == {said.message_id}
    assert not {entity.type for entity in text.entities} & {"bold", "italic", "text_link"}
    assert text.link_preview == {"is_disabled": True}
    assert receipt.message_ids == tuple(message.message_id for message in (*files, text))
    assert (receipt.file_ids[-1].kind, receipt.file_ids[-1].caption) == (MediaKind.TEXT, WORDS)
    assert sink.reports[-1] == (sum(item.size_bytes for item in album),) * 2
    assert bot_api.problems == []


async def test_what_telegram_keeps_comes_with_its_text(
    way: BotApiDelivery, chat: Person, ledger: FakeLedger, tmp_path: Path
) -> None:
    receipt = await way.upload(to(chat), [film(tmp_path), text_in(tmp_path, WORDS)], ledger, FakeSink())
    cached = await way.send_cached(to(chat), receipt, FakeLedger())
    first, _, second, text = chat.messages()
    assert first.file == second.file
    assert (text.text, text.reply_to_id) == (WORDS, second.message_id)
    assert cached.file_ids == receipt.file_ids


async def test_a_text_whose_answer_got_lost_is_uncertain_and_comes_again_alone(
    way: BotApiDelivery, chat: Person, world: World, ledger: FakeLedger, tmp_path: Path
) -> None:
    media = [film(tmp_path), text_in(tmp_path, WORDS)]
    world.faults.add(Fault("sendMessage", "lost"))
    for _ in range(2):
        with pytest.raises(Uncertain):
            await way.upload(to(chat), media, ledger, FakeSink())
    receipt = await way.upload(again(to(chat)), media, ledger, FakeSink())
    shown, lost, resent = chat.messages()
    assert shown.file is not None
    assert (lost.text, resent.text, resent.reply_to_id) == (WORDS, WORDS, shown.message_id)
    assert receipt.message_ids == (shown.message_id, resent.message_id)


@pytest.mark.parametrize("words", ["🐢" * 2049, " \n "])
async def test_what_is_no_message_goes_as_a_file(
    way: BotApiDelivery, chat: Person, ledger: FakeLedger, tmp_path: Path, words: str
) -> None:
    text = text_in(tmp_path, words)
    receipt = await way.upload(to(chat), [film(tmp_path), text], ledger, FakeSink())
    _, arrived = chat.messages()
    assert arrived.file is not None
    assert (arrived.file.kind, arrived.file.path.read_bytes()) == ("document", text.path.read_bytes())
    assert arrived.text == ""
    assert len(receipt.file_ids) == 2


async def test_the_longest_message_goes_as_one_and_halves_of_characters_break_nothing(
    way: BotApiDelivery, chat: Person, ledger: FakeLedger, tmp_path: Path
) -> None:
    words = "🐢" * 2047 + "x\ud83d"
    await way.upload(to(chat), [film(tmp_path), text_in(tmp_path, words)], ledger, FakeSink())
    assert chat.messages()[1].text == "🐢" * 2047 + "x?"


async def test_a_text_passes_by_the_steps_and_comes_from_the_cache_too(
    bot: Bot, chat: Person, stranger: Person
) -> None:
    bot.site.options = (Option(key="fake.tags", label=named("Tags"), automatic=True),)
    bot.site.media = lambda workdir: [file_in(workdir, "a.mp4", MediaKind.VIDEO), text_in(workdir, WORDS)]
    for person in (chat, stranger):
        person.say("https://fake.example/one")
        card = await person.wait_for(lambda m: any("720p" in b.label for b in m.buttons))
        person.tap(card, "720p")
        text = await person.wait_for_text(WORDS)
        film = next(message for message in person.messages() if message.file)
        assert text.reply_to_id == film.message_id
    assert bot.site.processed == [(MediaKind.VIDEO,)]
    assert len(bot.site.downloads) == 1
