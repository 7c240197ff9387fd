"""Real files through the real ffmpeg: what was promised is what comes out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import av
import pytest

from fetchgram.api import ContentUnavailable, MediaInfo, MediaTools, TooLarge
from fetchgram_compress.engine import Engine, Made, NothingOfTheKind
from fetchgram_compress.settings import Settings
from fetchgram_compress.speed import Speed
from fetchgram_compress.tracks import Work
from fetchgram_compress.wishes import Form, Wish

from .conftest import Seen, ffmpeg, look

if TYPE_CHECKING:
    from .conftest import Corpus

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


async def make(engine: Engine, corpus: Corpus, workdir: Path, name: str, wish: Wish) -> tuple[Made, MediaInfo, Seen]:
    path = corpus.into(workdir, name)
    before = await engine._media.inspect(path)
    shares: list[float] = []
    made = await engine.make(path, wish, workdir, "result", shares.append)
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    return made, before, look(made.path)


PHONE = Wish(everywhere=True)


@pytest.mark.parametrize(
    ("name", "work", "size"),
    [
        ("animation.mp4", Work.COPY, (320, 180)),
        ("fast.mp4", Work.LEAVE, (320, 180)),
        ("fast.mkv", Work.COPY, (320, 180)),
        ("clip.ts", Work.COPY, (192, 108)),
        ("clip.mov", Work.SOUND, (192, 108)),
        ("two_sounds.mkv", Work.COPY, (192, 108)),
        ("uneven.mkv", Work.COPY, (192, 108)),
        ("upright.mp4", Work.COPY, (180, 320)),
        ("turned.mp4", Work.COPY, (320, 180)),
        ("screen.mp4", Work.COPY, (320, 240)),
        ("smooth.mp4", Work.COPY, (192, 108)),
        ("moment.mp4", Work.COPY, (128, 72)),
        ("bright.mp4", Work.VIDEO, (192, 108)),
        ("odd.avi", Work.VIDEO, (160, 90)),
        ("clip.webm", Work.VIDEO, (192, 108)),
    ],
)
async def test_every_kind_of_film_comes_to_play_on_every_phone(  # a row of the table above
    engine: Engine, corpus: Corpus, tmp_path: Path, name: str, work: Work, size: tuple[int, int]
) -> None:
    made, before, seen = await make(engine, corpus, tmp_path, name, PHONE)
    assert made.plan.work is work
    assert made.info.starts_fast
    assert (seen.video, seen.pixel_format, seen.size) == ("h264", "yuv420p", size)
    assert seen.audio == ("aac" if before.audio_codec else None)
    assert before.duration_s is not None
    assert made.info.duration_s == pytest.approx(before.duration_s, abs=0.06)
    assert (made.info.level or 0) <= 41
    assert made.info.audio_tracks == min(before.audio_tracks, 1)
    assert not made.info.hdr


FITS = [
    ("animation.mp4", 60_000),
    ("noise.mp4", 50_000),
    ("talk.mp4", 150_000),
    ("uneven.mkv", 30_000),
    ("two_sounds.mkv", 30_000),
    ("odd.avi", 40_000),
    ("clip.webm", 25_000),
    ("screen.mp4", 7_000),
    ("turned.mp4", 70_000),
]


@pytest.mark.parametrize(("name", "max_bytes"), FITS)
async def test_a_size_is_met_and_never_passed(
    engine: Engine, corpus: Corpus, tmp_path: Path, name: str, max_bytes: int
) -> None:
    made, before, seen = await make(engine, corpus, tmp_path, name, Wish(max_bytes=max_bytes))
    assert before.size_bytes > max_bytes
    assert 0 < made.path.stat().st_size <= max_bytes
    assert made.info.starts_fast
    assert made.info.duration_s == pytest.approx(before.duration_s, abs=0.08)
    assert (seen.video, seen.audio) == ("h264", "aac" if before.audio_codec else None)
    if made.plan.work is Work.VIDEO and name in ("talk.mp4", "noise.mp4", "animation.mp4"):
        assert made.path.stat().st_size > max_bytes * 0.85  # x264 is less exact the shorter the film


async def test_a_size_that_cannot_be_reached_says_the_smallest_that_can(
    engine: Engine, corpus: Corpus, tmp_path: Path
) -> None:
    path = corpus.into(tmp_path, "talk.mp4")
    with pytest.raises(TooLarge) as caught:
        await engine.make(path, Wish(max_bytes=3_000), tmp_path, "result", lambda _: None)
    assert caught.value.text.key == "compress-unreachable"
    smallest = caught.value.limit_bytes + 1
    made = await engine.make(path, Wish(max_bytes=smallest), tmp_path, "result", lambda _: None)
    assert made.path.stat().st_size <= smallest


@pytest.mark.parametrize(
    ("name", "form", "suffix", "codec"),
    [
        ("animation.mp4", "mp3", ".mp3", "mp3"),
        ("animation.mp4", "m4a", ".m4a", "aac"),
        ("clip.webm", "m4a", ".m4a", "aac"),
        ("clip.webm", "opus", ".opus", "opus"),
        ("song.mp3", "flac", ".flac", "flac"),
        ("song.m4a", "wav", ".wav", "pcm_s16le"),
        ("two_sounds.mkv", "voice", ".ogg", "opus"),
    ],
)
async def test_sound_is_taken_out(  # a row of the table above
    engine: Engine, corpus: Corpus, tmp_path: Path, name: str, form: str, suffix: str, codec: str
) -> None:
    made, before, seen = await make(engine, corpus, tmp_path, name, Wish(form=Form.SOUND, format=form))
    assert (made.path.suffix, seen.video, seen.audio) == (suffix, None, codec)
    assert seen.channels == (1 if form == "voice" else before.audio_channels)
    assert seen.audio_s == pytest.approx(before.duration_s, abs=0.15)


@pytest.mark.parametrize(
    ("name", "form", "has_cover"),
    [
        ("covered.mp3", "m4a", True),
        ("covered.mp3", "opus", True),
        ("covered.mp3", "wav", False),
        ("covered.opus", "mp3", True),
        ("covered.opus", "flac", True),
    ],
)
async def test_tags_and_the_cover_survive(  # a row of the table above
    engine: Engine, corpus: Corpus, tmp_path: Path, name: str, form: str, *, has_cover: bool
) -> None:
    made, _, _ = await make(engine, corpus, tmp_path, name, Wish(form=Form.SOUND, format=form))
    assert (made.info.title, made.info.performer, made.info.has_cover) == ("A song", "She", has_cover)


async def test_a_cover_goes_where_a_size_leaves_no_room_for_it(engine: Engine, corpus: Corpus, tmp_path: Path) -> None:
    for max_bytes, has_cover in ((200_000, True), (30_000, False)):
        wish = Wish(form=Form.SOUND, format="m4a", max_bytes=max_bytes)
        made, before, _ = await make(engine, corpus, tmp_path, "covered.mp3", wish)
        assert (made.info.title, made.info.has_cover) == ("A song", has_cover)
        assert before.has_cover
        assert made.path.stat().st_size == made.info.size_bytes <= max_bytes


async def test_a_song_does_not_tell_where_a_film_was_made(engine: Engine, corpus: Corpus, tmp_path: Path) -> None:
    path, places = tmp_path / "source.mp4", ("-metadata", "location=+48.2082+016.3738/", "-metadata", "title=Vienna")
    ffmpeg("-i", corpus.path("second.mp4"), "-c", "copy", *places, path)
    made = await engine.make(path, Wish(form=Form.SOUND, format="mp3"), tmp_path, "result", lambda _: None)
    with av.open(str(path)) as before, av.open(str(made.path)) as after:
        assert "location" in before.metadata
        assert set(after.metadata) == {"title", "encoder"}


async def test_a_song_fits_a_size(engine: Engine, corpus: Corpus, tmp_path: Path) -> None:
    made, _, seen = await make(engine, corpus, tmp_path, "song.mp3", Wish(max_bytes=40_000))
    assert made.path.stat().st_size <= 40_000
    assert seen.audio == "mp3"


async def test_several_wishes_are_met_by_one_encode(engine: Engine, corpus: Corpus, tmp_path: Path) -> None:
    wish = Wish(cut_s=(1.0, 2.5), turn_deg=90, mute=True, height_px=120, fps=15.0, max_bytes=40_000)
    made, _, seen = await make(engine, corpus, tmp_path, "animation.mp4", wish)
    assert (made.plan.work, seen.audio, seen.size) == (Work.VIDEO, None, (120, 212))
    assert seen.fps <= 15
    assert made.info.duration_s == pytest.approx(1.5, abs=0.1)
    assert made.path.stat().st_size <= 40_000


async def test_a_cut_keeps_the_frames_of_its_stretch(engine: Engine, corpus: Corpus, tmp_path: Path) -> None:
    _, _, seen = await make(engine, corpus, tmp_path, "animation.mp4", Wish(cut_s=(1.0, 2.0)))
    assert abs(seen.frames - 25) <= 1
    assert seen.audio_s == pytest.approx(1.0, abs=0.1)


async def test_a_cut_behind_the_end_is_told_with_the_length(engine: Engine, corpus: Corpus, tmp_path: Path) -> None:
    path = corpus.into(tmp_path, "animation.mp4")
    with pytest.raises(NothingOfTheKind) as caught:
        await engine.make(path, Wish(cut_s=(60.0, 70.0)), tmp_path, "result", lambda _: None)
    assert (caught.value.text.key, caught.value.text.params["length"]) == ("compress-behind-end", 3.0)


async def test_a_video_note_is_round_to_be(engine: Engine, corpus: Corpus, tmp_path: Path) -> None:
    made, _, seen = await make(engine, corpus, tmp_path, "upright.mp4", Wish(form=Form.NOTE))
    assert (seen.size, seen.video, seen.audio) == ((180, 180), "h264", "aac")
    assert made.plan.kind is not None
    assert made.plan.kind.value == "video_note"


async def test_an_animation_is_silent(engine: Engine, corpus: Corpus, tmp_path: Path) -> None:
    made, _, seen = await make(engine, corpus, tmp_path, "animation.mp4", Wish(form=Form.ANIMATION))
    assert (made.plan.work, seen.audio, seen.video) == (Work.COPY, None, "h264")


@pytest.mark.parametrize("wish", [Wish(form=Form.ANIMATION), PHONE, Wish(max_bytes=30_000)])
async def test_a_gif_becomes_a_film_that_is_shown_as_one(
    engine: Engine, corpus: Corpus, tmp_path: Path, wish: Wish
) -> None:
    made, before, seen = await make(engine, corpus, tmp_path, "moving.gif", wish)
    assert (before.kind, before.video_codec) == ("animation", "gif")
    assert (made.plan.work, seen.video, seen.audio, seen.size) == (Work.VIDEO, "h264", None, (160, 90))
    assert made.info.duration_s == pytest.approx(2.0, abs=0.1)
    assert made.info.size_bytes < before.size_bytes


@pytest.mark.parametrize(("codec", "fourcc"), [("hevc", b"hvc1"), ("av1", b"av01")])
async def test_a_newer_codec_is_taken_when_it_is_wished(
    engine: Engine, corpus: Corpus, tmp_path: Path, codec: str, fourcc: bytes
) -> None:
    made, _, seen = await make(engine, corpus, tmp_path, "smooth.mp4", Wish(codec=codec, cut_s=(0.0, 0.5)))
    assert seen.video == codec
    assert fourcc in made.path.read_bytes()[:4000]


async def test_a_newer_codec_keeps_a_size_too(engine: Engine, corpus: Corpus, tmp_path: Path) -> None:
    made, _, seen = await make(engine, corpus, tmp_path, "animation.mp4", Wish(codec="hevc", max_bytes=50_000))
    assert seen.video == "hevc"
    assert made.path.stat().st_size <= 50_000


@pytest.mark.parametrize("form", ["jpeg", "webp", "png"])
async def test_a_picture_changes_its_kind_and_fits(engine: Engine, corpus: Corpus, tmp_path: Path, form: str) -> None:
    wish = Wish(form=Form.PICTURE, format=form, max_bytes=40_000)
    made, _, seen = await make(engine, corpus, tmp_path, "picture.png", wish)
    assert made.path.stat().st_size <= 40_000
    assert made.info.mime == f"image/{form}"
    assert seen.frames == 1


async def test_a_turned_picture_keeps_its_proportions(engine: Engine, corpus: Corpus, tmp_path: Path) -> None:
    made, _, seen = await make(engine, corpus, tmp_path, "picture.png", Wish(turn_deg=90))
    assert (made.info.width_px, made.info.height_px) == seen.size == (300, 400)


async def test_a_size_below_what_the_frames_cost_at_the_least_is_told_as_out_of_reach(
    engine: Engine, tmp_path: Path
) -> None:
    still = "color=white:s=480x270:r=30:d=6,drawgrid=w=80:h=60:c=gray,hue=H=floor(t/2)"
    path = tmp_path / "source.mp4"
    ffmpeg("-f", "lavfi", "-i", still, "-c:v", "libx264", "-preset", "veryfast", "-crf", "14", path)
    limit = int(path.stat().st_size * 0.85)
    with pytest.raises(TooLarge) as caught:
        await engine.make(path, Wish(max_bytes=limit), tmp_path, "result", lambda _share: None)
    assert caught.value.text.key == "compress-unreachable"


async def test_a_picture_that_gets_no_smaller_says_what_was_the_smallest(
    engine: Engine, corpus: Corpus, tmp_path: Path
) -> None:
    with pytest.raises(TooLarge) as caught:
        await make(engine, corpus, tmp_path, "picture.png", Wish(form=Form.PICTURE, format="png", max_bytes=5_000))
    await make(engine, corpus, tmp_path, "picture.png", Wish(max_bytes=caught.value.limit_bytes))


async def test_a_moment_of_a_film_becomes_a_picture(engine: Engine, corpus: Corpus, tmp_path: Path) -> None:
    made, _, seen = await make(engine, corpus, tmp_path, "animation.mp4", Wish(form=Form.PICTURE, format="jpeg"))
    assert (made.info.kind, seen.size) == ("photo", (320, 180))


async def test_what_a_file_does_not_have_is_told(engine: Engine, corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(ContentUnavailable) as caught:
        await make(engine, corpus, tmp_path, "screen.mp4", Wish(form=Form.SOUND, format="mp3"))
    assert caught.value.text.key == "compress-impossible"


@pytest.mark.parametrize("damage", ["truncated", "noise", "empty"])
async def test_a_broken_file_is_told(engine: Engine, corpus: Corpus, tmp_path: Path, damage: str) -> None:
    path = corpus.into(tmp_path, "animation.mp4")
    whole = path.read_bytes()
    path.write_bytes({"truncated": whole[: len(whole) // 2], "noise": whole[::-1], "empty": b""}[damage])
    with pytest.raises(ContentUnavailable):
        await engine.make(path, PHONE, tmp_path, "result", lambda _: None)


async def test_a_film_with_a_hole_still_comes_out(engine: Engine, corpus: Corpus, tmp_path: Path) -> None:
    path = corpus.into(tmp_path, "clip.ts")
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2 : len(whole) // 2 + 3000] = bytes(3000)
    path.write_bytes(whole)
    made = await engine.make(path, Wish(max_bytes=40_000), tmp_path, "result", lambda _: None)
    assert look(made.path).video == "h264"
    assert made.path.stat().st_size <= 40_000


@pytest.mark.parametrize(
    ("limits", "key"),
    [({"max_duration_s": 1}, "compress-too-long"), ({"max_input": 10_000}, "compress-too-large")],
)
async def test_what_is_over_a_limit_is_told_unless_it_costs_nothing(
    tools: MediaTools, corpus: Corpus, tmp_path: Path, limits: dict[str, float], key: str
) -> None:
    bounded = Engine(tools, Settings.model_validate(limits), Speed())
    path = corpus.into(tmp_path, "animation.mp4")
    with pytest.raises(TooLarge) as caught:
        await bounded.make(path, Wish(max_bytes=50_000), tmp_path, "result", lambda _: None)
    assert caught.value.text.key == key
    assert (await bounded.make(path, PHONE, tmp_path, "result", lambda _: None)).plan.work is Work.COPY


async def test_hardware_is_used_only_where_it_works(tools: MediaTools, corpus: Corpus, tmp_path: Path) -> None:
    careful = Engine(tools, Settings(hardware=("h264_nvenc",)), Speed())
    made, _, seen = await make(careful, corpus, tmp_path, "clip.webm", PHONE)
    assert seen.video == "h264"
    assert made.attempts == 1
