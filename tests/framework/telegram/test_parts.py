"""Parts go out one after the other, and take the disk only while they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from fetchgram.errors import CannotDeliver, TemporarilyUnavailable
from fetchgram.model import Chat, Delivery, FileId, Json, Media, MediaKind, Receipt
from fetchgram.ports import Ledger, Sink
from fetchgram.telegram.parts import Parts
from fetchgram.telegram.splitting import Piece, Splitter
from fetchgram.testing import FakeLedger, FakeSink

SIZE = 100


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class FakeSplitter(Splitter):
    """Makes parts of a size."""

    def __init__(self, made_bytes: int = SIZE) -> None:
        self.made_bytes = made_bytes
        self.made: list[str] = []

    async def make(self, piece: Piece) -> Media:
        self.made.append(piece.media.path.name)
        piece.media.path.write_bytes(bytes(self.made_bytes))
        return replace(piece.media, size_bytes=self.made_bytes)


@dataclass
class Way:
    """Keeps what it sends, with the files that lay on the disk then; breaks before one if it is told to."""

    folder: Path
    breaks_at: str = ""
    sent: list[str] = field(default_factory=list)
    on_disk: list[list[str]] = field(default_factory=list)
    replies: list[int | None] = field(default_factory=list)

    async def send(self, delivery: Delivery, media: Sequence[Media], ledger: Ledger, sink: Sink) -> Receipt:
        (item,) = media
        noted = await ledger.get("send:0")
        if isinstance(noted, dict):
            return self._receipt(noted["message_id"])
        if item.path.name == self.breaks_at:
            raise TemporarilyUnavailable("the line is down")
        assert isinstance(delivery.destination, Chat)
        self.replies.append(delivery.destination.reply_to)
        self.on_disk.append(names(self.folder))
        self.sent.append(item.path.name)
        sink.progress(item.size_bytes, item.size_bytes)
        await ledger.put("send:0", {"state": "sent", "message_id": len(self.sent)})
        return self._receipt(len(self.sent))

    def _receipt(self, message_id: Json) -> Receipt:
        assert isinstance(message_id, int)
        file = FileId(kind=MediaKind.VIDEO, file_id=str(message_id), unique_id="")
        return Receipt(route="botapi", message_ids=(message_id,), file_ids=(file,), size_bytes=SIZE)


@pytest.fixture
def pieces(tmp_path: Path) -> list[Piece]:
    whole = Media(path=tmp_path / "film.mp4", kind=MediaKind.VIDEO, mime="video/mp4", size_bytes=3 * SIZE)
    parts = [replace(whole, path=tmp_path / f"film.{n}.mp4", size_bytes=SIZE) for n in (1, 2, 3)]
    return [Piece(part, whole, n * 10.0, 10.0) for n, part in enumerate(parts)]


DELIVERY = Delivery(id=1, job_id=1, request_id=1, destination=Chat(bot_id=5, chat=7))


async def test_each_is_made_when_it_is_its_turn_and_gone_when_it_has_arrived(
    pieces: list[Piece], tmp_path: Path
) -> None:
    way, sink = Way(tmp_path), FakeSink()
    receipt = await Parts(FakeSplitter(), pieces, SIZE, way.send).deliver(DELIVERY, FakeLedger(), sink)
    assert way.on_disk == [["film.1.mp4"], ["film.2.mp4"], ["film.3.mp4"]]
    assert names(tmp_path) == []
    assert (receipt.route, receipt.message_ids, len(receipt.file_ids)) == ("split", (1, 2, 3), 3)
    assert sink.reports == [(SIZE, 3 * SIZE), (2 * SIZE, 3 * SIZE), (3 * SIZE, 3 * SIZE)]


async def test_what_an_earlier_attempt_sent_is_neither_made_nor_sent_again(pieces: list[Piece], tmp_path: Path) -> None:
    way, ledger, splitter = Way(tmp_path, breaks_at="film.2.mp4"), FakeLedger(), FakeSplitter()
    with pytest.raises(TemporarilyUnavailable):
        await Parts(splitter, pieces, SIZE, way.send).deliver(DELIVERY, ledger, FakeSink())
    way.breaks_at = ""
    receipt = await Parts(splitter, pieces, SIZE, way.send).deliver(DELIVERY, ledger, FakeSink())
    assert way.sent == ["film.1.mp4", "film.2.mp4", "film.3.mp4"]
    assert splitter.made.count("film.1.mp4") == 1
    assert receipt.message_ids == (1, 2, 3)


async def test_a_part_that_comes_out_too_large_is_refused_and_removed(pieces: list[Piece], tmp_path: Path) -> None:
    with pytest.raises(CannotDeliver, match="too large"):
        await Parts(FakeSplitter(SIZE + 1), pieces, SIZE, Way(tmp_path).send).deliver(
            DELIVERY, FakeLedger(), FakeSink()
        )
    assert names(tmp_path) == []


async def test_a_text_among_them_answers_the_first(pieces: list[Piece], tmp_path: Path) -> None:
    words = Media(path=tmp_path / "rest.txt", kind=MediaKind.TEXT, mime="text/plain", size_bytes=SIZE, caption="Rest")
    way = Way(tmp_path)
    await Parts(FakeSplitter(), [*pieces, Piece(words)], SIZE, way.send).deliver(DELIVERY, FakeLedger(), FakeSink())
    assert way.replies == [None, None, None, 1]
