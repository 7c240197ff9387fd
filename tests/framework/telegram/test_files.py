from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiogram.types import Message
from pydantic import SecretStr

from fetchgram.api import (
    Certainty,
    Chat,
    Choice,
    ChoiceKind,
    ContentUnavailable,
    Job,
    JobState,
    Link,
    MediaKind,
    Recipe,
    TemporarilyUnavailable,
    TooLarge,
)
from fetchgram.clock import SystemClock
from fetchgram.settings import MtprotoSettings, Settings
from fetchgram.telegram.account import Account
from fetchgram.telegram.files import SentFiles, link_of
from fetchgram.telegram.mtproto.gateway import Gateway
from fetchgram.testing.fakes import FakeMediaTools, FakeSink
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.person import Person

FILE = {"file_id": "abc", "file_unique_id": "u1", "file_size": 1234}


def message(**content: Any) -> Message:
    chat = {"id": 7, "type": "private", "first_name": "Bob"}
    return Message.model_validate({"message_id": 1, "date": 0, "chat": chat, **content})


@pytest.mark.parametrize(
    ("content", "kind", "height"),
    [
        ({"video": {**FILE, "width": 720, "height": 1280, "duration": 9}}, ChoiceKind.VIDEO, 720),
        ({"video_note": {**FILE, "length": 240, "duration": 9}}, ChoiceKind.VIDEO, 240),
        ({"audio": {**FILE, "duration": 9}}, ChoiceKind.AUDIO, None),
        ({"voice": {**FILE, "duration": 9}}, ChoiceKind.AUDIO, None),
        ({"photo": [{**FILE, "width": 90, "height": 160}]}, ChoiceKind.IMAGE, 160),
        ({"document": {**FILE, "mime_type": "video/x-matroska", "file_name": "a.mkv"}}, ChoiceKind.VIDEO, None),
        ({"document": {**FILE, "mime_type": "image/png"}}, ChoiceKind.IMAGE, None),
        ({"document": {**FILE, "mime_type": "image/gif"}}, ChoiceKind.VIDEO, None),
    ],
)
def test_films_songs_and_pictures_are_known_by_their_message(
    content: dict[str, Any], kind: ChoiceKind, height: int | None
) -> None:
    link = link_of(message(**content), 5)
    assert link is not None
    assert (link.plugin, link.media_id, link.url) == ("telegram", "u1", "telegram:u1")
    probe = SentFiles({}, FakeMediaTools()).probe(link)
    (choice,) = probe.choices
    assert (choice.kind, choice.height_px, choice.size_bytes, choice.certainty) == (kind, height, 1234, Certainty.EXACT)
    assert probe.title
    assert probe.duration_s in (9.0, None)


@pytest.mark.parametrize(
    "content",
    [{"text": "hello"}, {"document": {**FILE, "mime_type": "text/plain"}}, {"document": FILE}],
)
def test_what_is_no_media_is_no_link(content: dict[str, Any]) -> None:
    assert link_of(message(**content), 5) is None


def test_a_song_is_called_as_it_says_and_a_film_as_its_file_and_it_tells_both_sides() -> None:
    song = link_of(message(audio={**FILE, "duration": 9, "title": "Waves", "performer": "The Sea"}), 5)
    video = {**FILE, "duration": 9, "width": 720, "height": 1280, "file_name": "Holiday.mp4"}
    film = link_of(message(video=video), 5)
    assert song is not None
    assert film is not None
    probe = SentFiles({}, FakeMediaTools()).probe(song)
    assert (probe.title, probe.author) == ("Waves", "The Sea")
    probe = SentFiles({}, FakeMediaTools()).probe(film)
    assert (probe.title, probe.author) == ("Holiday", None)
    assert (probe.choices[0].width_px, probe.choices[0].height_px) == (1280, 720)


def test_an_animation_is_not_taken_for_the_document_beside_it() -> None:
    moving = {**FILE, "width": 320, "height": 240, "duration": 2}
    link = link_of(message(animation=moving, document={**FILE, "mime_type": "video/mp4"}), 5)
    assert link is not None
    assert link.hints["kind"] == "animation"
    (choice,) = SentFiles({}, FakeMediaTools()).probe(link).choices
    assert choice.silent


@pytest.mark.parametrize(
    ("name", "sent_as", "kind"),
    [
        ("a.mp4", "video", MediaKind.VIDEO),
        ("a.mp4", "animation", MediaKind.ANIMATION),
        ("a.mp4", "video_note", MediaKind.VIDEO_NOTE),
        ("a.mp3", "voice", MediaKind.VOICE),
        ("a.mp3", "audio", MediaKind.AUDIO),
        ("a.txt", "animation", MediaKind.DOCUMENT),
    ],
)
async def test_a_file_is_what_it_was_sent_as_where_its_content_is_of_that_family(
    account: Account, files: SentFiles, chat: Person, tmp_path: Path, name: str, sent_as: str, kind: MediaKind
) -> None:
    (workdir := tmp_path / "work").mkdir()
    link, _ = await sent(account, chat, tmp_path, name=name, sent_as=sent_as)
    (media,) = await files.download(job(link), workdir, FakeSink())
    assert media.kind is kind


def test_more_than_the_bot_api_hands_out_is_told_at_once() -> None:
    link = link_of(message(audio={**FILE, "file_size": 20_000_001, "duration": 9}), 5)
    assert link is not None
    with pytest.raises(TooLarge) as caught:
        SentFiles({}, FakeMediaTools()).probe(link)
    assert caught.value.text.key == "telegram-sent-too-large"


def large(size_bytes: int = 20_000_001) -> Link:
    link = link_of(message(audio={**FILE, "file_size": size_bytes, "duration": 9}), 5)
    assert link is not None
    return link


def gateway(folder: Path) -> Gateway:
    async def nobody(_: Chat) -> None:
        """Nobody is unreachable here."""

    settings = MtprotoSettings(api_id=1, api_hash=SecretStr("x"))
    return Gateway(settings, "5:token", folder / "bot.session", clock=SystemClock(), on_unreachable=nobody)


def test_with_mtproto_a_large_file_is_looked_at_like_any(tmp_path: Path) -> None:
    (choice,) = SentFiles({}, FakeMediaTools(), {5: gateway(tmp_path)}).probe(large()).choices
    assert choice.size_bytes == 20_000_001


def test_mtproto_of_another_bot_hands_it_out_as_little(tmp_path: Path) -> None:
    with pytest.raises(TooLarge) as caught:
        SentFiles({}, FakeMediaTools(), {6: gateway(tmp_path)}).probe(large())
    assert caught.value.text.key == "telegram-sent-too-large"


@pytest.mark.parametrize(("size_bytes", "is_taken"), [(30_000_000, True), (30_000_001, False)])
def test_the_largest_download_holds_for_sent_files(tmp_path: Path, size_bytes: int, *, is_taken: bool) -> None:
    files = SentFiles({}, FakeMediaTools(), {5: gateway(tmp_path)}, most_bytes=30_000_000)
    if is_taken:
        assert files.probe(large(size_bytes)).choices
        return
    with pytest.raises(TooLarge) as caught:
        files.probe(large(size_bytes))
    assert caught.value.limit_bytes == 30_000_000


@pytest_asyncio.fixture
async def account(settings: Settings) -> AsyncIterator[Account]:
    account = Account(name="main", settings=settings, clock=SystemClock())
    yield account
    await account.close()


async def sent(
    account: Account, chat: Person, folder: Path, *, name: str = "song.mp3", sent_as: str = "audio"
) -> tuple[Link, bytes]:
    """Send a file to the bot and return it as the bot sees it."""
    content = bytes(range(256)) * 3000
    (folder / name).write_bytes(content)
    await chat.send_file(folder / name, sent_as)
    *_, update = await account.bot.get_updates()
    assert update.message is not None
    link = link_of(update.message, account.bot_id)
    assert link is not None
    return link, content


def job(link: Link) -> Job:
    recipe = Recipe(choice=Choice(kind=ChoiceKind.AUDIO))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Job(id=1, fingerprint="f", link=link, recipe=recipe, title="", state=JobState.RUNNING, created_at=at)


@pytest.fixture
def files(account: Account) -> SentFiles:
    return SentFiles({account.bot_id: account.line}, FakeMediaTools())


async def test_a_sent_file_is_fetched_whole_and_once(
    account: Account, files: SentFiles, chat: Person, tmp_path: Path
) -> None:
    (workdir := tmp_path / "work").mkdir()
    link, content = await sent(account, chat, tmp_path)
    sink = FakeSink()
    (media,) = await files.download(job(link), workdir, sink)
    assert media.path.read_bytes() == content
    assert (media.file_name, media.size_bytes) == ("song.mp3", len(content))
    assert sink.reports[-1] == (len(content), len(content))
    again = FakeSink()
    await files.download(job(link), workdir, again)
    assert again.reports == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("getFile", "error", error_code=400, description="Bad Request: file is too big"), TooLarge),
        (Fault("getFile", "error", error_code=400, description="Bad Request: wrong file_id"), ContentUnavailable),
        (Fault("getFile", "close", times=50), TemporarilyUnavailable),
    ],
    ids=["too big", "gone", "away"],
)
async def test_a_file_that_cannot_be_had_is_told_and_leaves_nothing(
    account: Account,
    files: SentFiles,
    chat: Person,
    bot_api: BotApi,
    tmp_path: Path,
    fault: Fault,
    error: type[Exception],
) -> None:
    (workdir := tmp_path / "work").mkdir()
    link, _ = await sent(account, chat, tmp_path)
    bot_api.world.faults.add(fault)
    with pytest.raises(error) as caught:
        await files.download(job(link), workdir, FakeSink())
    assert account.bot.token not in str(caught.value)
    assert not any(workdir.iterdir())


async def test_a_file_of_a_bot_that_is_not_here_any_more_is_gone(
    account: Account, files: SentFiles, chat: Person, tmp_path: Path
) -> None:
    link, _ = await sent(account, chat, tmp_path)
    with pytest.raises(ContentUnavailable):
        await files.download(job(replace(link, hints={**link.hints, "bot": "1"})), tmp_path, FakeSink())
