"""The world without any protocol: ids, files, people who wait."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetchgram_sandbox import fileids, marks, sniff, utf16
from fetchgram_sandbox.clips import ffmpeg_path
from fetchgram_sandbox.ear import Ear
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.world import World


@given(
    st.sampled_from(["video", "audio", "document", "photo", "voice", "animation", "video_note", "thumbnail"]),
    st.integers(1, 2**60),
)
def test_a_file_id_carries_kind_and_number(kind: str, number: int) -> None:
    assert fileids.decode(fileids.encode(kind, number)) == (kind, number)


@given(st.text(max_size=40))
def test_a_text_that_is_no_file_id_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="no file id"):
        fileids.decode(text)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_entities_that_are_found_lie_inside_the_text_and_apart(text: str) -> None:
    last = 0
    for entity in marks.find_entities(f"/go {text} https://a.example/x"):
        assert last <= entity.offset
        last = entity.offset + entity.length
    assert last <= utf16.length(f"/go {text} https://a.example/x")


def test_utf16_counts_as_telegram_does() -> None:
    assert utf16.length("a😀") == 3
    assert utf16.piece("a😀b", 1, 2) == "😀"
    assert not utf16.is_boundary("😀", 1)


@pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.gif", "x.webp"])
async def test_the_size_of_a_picture_is_read_from_its_header(tmp_path: Path, name: str) -> None:
    words = ("-f", "lavfi", "-i", "testsrc2=size=150x70:rate=1:duration=1", "-frames:v", "1", name)
    process = await asyncio.create_subprocess_exec(ffmpeg_path(), "-v", "error", *words, cwd=tmp_path)
    assert await process.wait() == 0
    assert sniff.picture_size_px(tmp_path / name) == (150, 70)
    assert sniff.mime_of(tmp_path / name).startswith("image/")


@pytest.mark.parametrize(
    "head",
    [
        b"RIFF\0\0\0\0WEBPVP8L\x05\0\0\0\x2f" + struct.pack("<I", 149 | 69 << 14),
        b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x95\0\0\x45\0\0",
    ],
)
def test_the_other_forms_of_webp_are_read_too(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "x").write_bytes(head)
    assert sniff.picture_size_px(tmp_path / "x") == (150, 70)


@pytest.mark.parametrize(
    "head", [b"", b"\xff\xd8\xff\xe0", b"\xff\xd8\xffxxxxxxxxxxxxxx", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP????"]
)
def test_a_torn_picture_has_no_size(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "x").write_bytes(head)
    assert sniff.picture_size_px(tmp_path / "x") is None


@pytest.mark.parametrize(
    ("head", "name", "mime"),
    [
        (b"\x1aE\xdf\xa3....webm", "", "video/webm"),
        (b"\x1aE\xdf\xa3....matroska", "", "video/x-matroska"),
        (b"\0\0\0\x20ftypM4A ", "", "audio/mp4"),
        (b"\0\0\0\x20ftypqt  ", "", "video/quicktime"),
        (b"RIFF....WAVE", "", "audio/x-wav"),
        (b"\xff\xfb\x90", "", "audio/mpeg"),
        (b"%PDF-1.7", "film.mp4", "application/pdf"),
        (b"????", "film.mp4", "video/mp4"),
        (b"????", "thing", "application/octet-stream"),
    ],
)
def test_the_bytes_decide_before_the_name(tmp_path: Path, head: bytes, name: str, mime: str) -> None:
    (tmp_path / "x").write_bytes(head)
    assert sniff.mime_of(tmp_path / "x", name) == mime


async def test_waiting_in_vain_shows_the_chat(chat: Person) -> None:
    chat.say("hello?")
    with pytest.raises(TimeoutError, match=r"waited 0.01 s in vain(.|\n)*#1 Alice: hello\?"):
        await chat.wait_for_text("answer", 0.01)


async def test_waiting_sees_what_is_there_what_comes_and_what_changes(chat: Person, world: World) -> None:
    draft = Message(chat.id, 0, world.bot.id, 0, text="working")
    posted = world.post(draft)
    assert await chat.wait_for_text("working") == posted
    waiting = asyncio.ensure_future(chat.wait_for_text("done"))
    await asyncio.sleep(0)
    world.revise(Message(chat.id, posted.message_id, world.bot.id, 0, text="done"))
    assert (await waiting).text == "done"


async def test_a_listener_that_is_full_stops_listening(world: World) -> None:
    async with Ear(world, most_waiting=1) as ear:
        deaf = []
        for name in ("One", "Two", "Three"):
            world.new_person(name)
            deaf.append(ear.is_deaf)
    assert deaf == [False, True, True]


async def test_a_tap_waits_for_its_answer_and_an_unknown_kind_is_refused(chat: Person, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    with pytest.raises(ValueError, match="unknown kind 'sculpture'"):
        await chat.send_file(tmp_path / "x", "sculpture")


def test_a_world_takes_its_own_folder_away() -> None:
    world = World()
    assert world.files.folder.is_dir()
    world.close()
    assert not world.files.folder.exists()


def test_nobody_and_nowhere_are_not_found(world: World) -> None:
    with pytest.raises(LookupError, match="no person 5"):
        world.user(5)
    with pytest.raises(LookupError, match="no chat '@x'"):
        world.chat("@x")
