from __future__ import annotations

from pathlib import Path

import pytest
from aiogram.methods import EditMessageCaption, EditMessageMedia, EditMessageText, SendDocument, SendMessage, SendPhoto
from aiogram.types import InputMediaDocument, InputMediaPhoto

from fetchgram.model import Media, MediaKind
from fetchgram.telegram.appearance import appear, replace
from fetchgram.texts import Rich

WORDS = Rich(text="words")
WHERE = {"chat_id": 1, "message_id": 2}


def media(kind: MediaKind) -> Media:
    return Media(path=Path("a.png"), kind=kind, mime="image/png", size_bytes=1)


@pytest.mark.parametrize(("kind", "call"), [(MediaKind.PHOTO, SendPhoto), (MediaKind.DOCUMENT, SendDocument)])
def test_words_go_out_as_the_caption_of_what_is_with_them(kind: MediaKind, call: type) -> None:
    assert isinstance(appear({"chat_id": 1}, WORDS, media(kind)), call)
    assert isinstance(appear({"chat_id": 1}, WORDS), SendMessage)


@pytest.mark.parametrize(
    ("kind", "given"), [(MediaKind.PHOTO, InputMediaPhoto), (MediaKind.DOCUMENT, InputMediaDocument)]
)
@pytest.mark.parametrize("had_media", [False, True])
def test_a_picture_takes_the_place_of_whatever_was_there(kind: MediaKind, given: type, *, had_media: bool) -> None:
    call = replace(WHERE, WORDS, media(kind), had_media=had_media)
    assert isinstance(call, EditMessageMedia)
    assert isinstance(call.media, given)


def test_words_alone_leave_the_picture_in_its_place() -> None:
    assert isinstance(replace(WHERE, WORDS, had_media=True), EditMessageCaption)
    assert isinstance(replace(WHERE, WORDS), EditMessageText)
