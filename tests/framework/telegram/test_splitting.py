"""Real films, cut by the real ffmpeg."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import av
import pytest
import pytest_asyncio

from fetchgram.errors import CannotDeliver
from fetchgram.model import Media, MediaKind, Route
from fetchgram.settings import Settings
from fetchgram.telegram import plugin
from fetchgram.telegram.splitting import Splitter
from fetchgram.testing import FakeLedger
from fetchgram.texts import Texts
from fetchgram.workers.media import LocalMedia, open_local_media
from fetchgram_sandbox.clips import ffmpeg_path

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

SECONDS = 12
TEXTS = Texts.load({"telegram": Path(plugin.__file__).parent})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tools(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalMedia]:
    async with open_local_media(Settings(data_dir=tmp_path_factory.mktemp("data"))) as media:
        yield media


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


async def make(folder: Path, name: str) -> Media:
    """A film with a key frame each second, and pictures that refer to later ones."""
    path = folder / name
    if not path.exists():
        picture = ("-f", "lavfi", "-i", f"testsrc2=duration={SECONDS}:size=320x240:rate=25")
        sound = ("-f", "lavfi", "-i", f"sine=duration={SECONDS}")
        as_film = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25", "-b:v", "800k")
        words = {".mp4": (*picture, *sound, *as_film, "-c:a", "aac"), ".mp3": (*sound, "-b:a", "128k")}
        process = await asyncio.create_subprocess_exec(
            str(ffmpeg_path()), "-y", "-loglevel", "error", *words[path.suffix], str(path)
        )
        assert await process.wait() == 0
    kind = MediaKind.VIDEO if path.suffix == ".mp4" else MediaKind.AUDIO
    size_bytes = path.stat().st_size
    return Media(
        path=path,
        kind=kind,
        mime="x/y",
        size_bytes=size_bytes,
        duration_s=SECONDS,
        file_name=f"A {name}",
        caption="Say",
    )


async def parts_of(
    splitter: Splitter, media: Sequence[Media], most_bytes: int, ledger: FakeLedger | None = None
) -> list[Media]:
    """Plan, and make everything."""
    pieces = await splitter.plan(media, ways(most_bytes), ledger or FakeLedger())
    return [await splitter.make(piece) for piece in pieces]


def ways(most_bytes: int) -> Sequence[Route]:
    limits = {kind.value: most_bytes for kind in MediaKind}
    return [Route(plugin="telegram", name="botapi", order=1, max_bytes=limits)]


def played(path: Path) -> tuple[float, int]:
    """Decode a file whole; its length in seconds, and how many pictures were in it."""
    with av.open(str(path)) as container:
        length_s = float((container.duration or 0) / av.time_base)
        return length_s, sum(1 for _ in container.decode(video=0)) if container.streams.video else 0


@pytest.mark.parametrize("name", ["film.mp4", "song.mp3"])
async def test_every_part_plays_and_together_they_are_the_whole(tools: LocalMedia, films: Path, name: str) -> None:
    media = await make(films, name)
    most_bytes = media.size_bytes * 2 // 5
    parts = await parts_of(Splitter(tools, TEXTS), [media], most_bytes)
    assert len(parts) == 3
    assert all(part.size_bytes <= most_bytes and part.path.stat().st_size == part.size_bytes for part in parts)
    lengths, pictures = zip(*[played(part.path) for part in parts], strict=True)
    assert sum(lengths) == pytest.approx(SECONDS, abs=0.5)
    assert sum(part.duration_s or 0 for part in parts) == pytest.approx(SECONDS, abs=0.1)
    whole = played(media.path)[1]
    # At a cut a picture or two may be in both parts; none is lost.
    assert whole <= sum(pictures) <= whole + 4 * len(parts)
    assert [part.caption for part in parts] == [f"Say\nPart {number} of 3" for number in (1, 2, 3)]
    suffix = Path(name).suffix
    assert parts[1].file_name == f"A {Path(name).stem} (2 of 3){suffix}"
    assert all(bool(part.thumbnail) is (suffix == ".mp4") for part in parts)


async def test_after_a_restart_the_parts_are_the_same(tools: LocalMedia, films: Path) -> None:
    media, ledger, splitter = await make(films, "film.mp4"), FakeLedger(), Splitter(tools, TEXTS)
    first = await parts_of(splitter, [media], media.size_bytes // 2, ledger)
    written = {part.path: part.path.stat().st_mtime_ns for part in first}
    first[0].path.unlink()
    # Another limit, as when a way has gone down meanwhile, changes nothing that was begun.
    again = await parts_of(splitter, [media], media.size_bytes // 3, ledger)
    assert again == first
    assert [part.path.stat().st_mtime_ns == written[part.path] for part in again] == [False, *[True] * (len(again) - 1)]


async def test_what_passes_whole_stays_beside_the_parts(tools: LocalMedia, films: Path) -> None:
    film, song = await make(films, "film.mp4"), await make(films, "song.mp3")
    parts = await parts_of(Splitter(tools, TEXTS), [song, film], film.size_bytes - 1)
    assert parts[0] == song
    assert len(parts) == 3


async def test_nothing_is_cut_that_passes(tools: LocalMedia, films: Path) -> None:
    media = await make(films, "film.mp4")
    with pytest.raises(CannotDeliver, match="nothing is too large"):
        await Splitter(tools, TEXTS).plan([media], ways(media.size_bytes), FakeLedger())


@pytest.mark.parametrize("most_bytes", [1_000, 60_000], ids=["no key frame fits", "too many parts"])
async def test_what_cannot_be_cut_is_refused(tools: LocalMedia, films: Path, most_bytes: int) -> None:
    media = await make(films, "film.mp4")
    with pytest.raises(CannotDeliver):
        await Splitter(tools, TEXTS).plan([media], ways(most_bytes), FakeLedger())


async def test_what_is_no_film_is_refused(tools: LocalMedia, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"no film" * 1000)
    media = Media(path=path, kind=MediaKind.VIDEO, mime="video/mp4", size_bytes=7000)
    with pytest.raises(CannotDeliver, match="cannot be cut"):
        await Splitter(tools, TEXTS).plan([media], ways(5000), FakeLedger())


async def test_before_the_first_part_goes_out_only_the_largest_one_was_made(tools: LocalMedia, tmp_path: Path) -> None:
    media, splitter = await make(tmp_path, "film.mp4"), Splitter(tools, TEXTS)
    pieces = await splitter.plan([media], ways(media.size_bytes * 2 // 5), FakeLedger())
    largest = max(pieces, key=lambda piece: piece.media.size_bytes)
    assert [piece for piece in pieces if piece.media.path.exists()] == [largest]
    assert sum(piece.media.size_bytes for piece in pieces) == media.size_bytes
    await splitter.drop(largest)
    assert not any(path.exists() for path in (largest.media.path, largest.media.path.with_suffix(".thumbnail.jpg")))
