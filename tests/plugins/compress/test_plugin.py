from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import av
import pytest
import pytest_asyncio

from fetchgram.api import ContentUnavailable, Health, Media, MediaKind, MediaTools, PluginError, Step
from fetchgram.testing import FakeContext, FakeSink
from fetchgram_compress.plugin import Plugin
from fetchgram_compress.settings import Settings

from .conftest import look, names_in

if TYPE_CHECKING:
    from .conftest import Corpus

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


def step(name: str, value: str | None = None) -> Step:
    return Step(key=f"compress.{name}", input=value)


@pytest.fixture
def plugin(tools: MediaTools, tmp_path: Path) -> Plugin:
    settings = Settings.model_validate({"presets": {"tiny": {"label": "Tiny", "height_px": 90, "mute": True}}})
    return Plugin(settings, FakeContext(name="compress", data_dir=tmp_path, media=tools))


@pytest_asyncio.fixture(loop_scope="session")
async def film(corpus: Corpus, tools: MediaTools, tmp_path: Path) -> Media:
    path = corpus.into(tmp_path, "animation.mp4")
    info = await tools.inspect(path)
    return Media(
        path=path,
        kind=MediaKind.VIDEO,
        mime=info.mime,
        size_bytes=info.size_bytes,
        duration_s=info.duration_s,
        file_name="My film.mp4",
        caption="My film",
    )


def cover_of(song: Path) -> tuple[int, int] | None:
    with av.open(str(song)) as container:
        cover = next(iter(container.streams.video), None)
        return None if cover is None else (cover.codec_context.width, cover.codec_context.height)


async def walk(plugin: Plugin, media: Sequence[Media], workdir: Path, *steps: Step) -> tuple[list[Media], FakeSink]:
    """Carry the steps out one after the other, as the core does."""
    sink = FakeSink()
    for each in steps:
        media = await plugin.post_process(media, each, workdir, sink, steps)
    return list(media), sink


async def test_a_film_is_made_to_fit_and_keeps_its_name(plugin: Plugin, film: Media, tmp_path: Path) -> None:
    (made,), sink = await walk(plugin, [film], tmp_path, step("fit", "60000"))
    assert made.size_bytes == made.path.stat().st_size <= 60_000
    assert (made.kind, made.mime, made.file_name, made.caption) == (
        MediaKind.VIDEO,
        "video/mp4",
        "My film.mp4",
        "My film",
    )
    assert made.thumbnail is not None
    assert sink.reports[-1] == (film.size_bytes, film.size_bytes)


async def test_all_steps_are_done_at_once_in_the_last(plugin: Plugin, film: Media, tmp_path: Path) -> None:
    steps = (step("cut", "0-1"), step("mute"), step("height.90"))
    before = await plugin.post_process([film], steps[0], tmp_path, FakeSink(), steps)
    assert before == [film]
    (made,), _ = await walk(plugin, [film], tmp_path, *steps)
    seen = look(made.path)
    assert (seen.audio, seen.size) == (None, (160, 90))
    assert made.duration_s == pytest.approx(1, abs=0.1)
    assert sum(name.startswith("compress-") and name.endswith(".mp4") for name in names_in(tmp_path)) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A film\n\n0:00 One\n1:00:02 Two", "A film"),
        ("We meet\n12:30 at the pool", "We meet\n12:30 at the pool"),
        (None, None),
    ],
)
async def test_below_a_part_stand_no_times_of_the_whole(
    plugin: Plugin, film: Media, tmp_path: Path, before: str | None, after: str | None
) -> None:
    (made,), _ = await walk(plugin, [replace(film, caption=before)], tmp_path, step("cut", "1-2"), step("sound.mp3"))
    assert made.caption == after


async def test_steps_of_others_in_between_end_a_run_of_ours(plugin: Plugin, film: Media, tmp_path: Path) -> None:
    steps = (step("mute"), Step(key="burn.subtitles"), step("height.90"))
    (silent,) = await plugin.post_process([film], steps[0], tmp_path, FakeSink(), steps)
    assert look(silent.path).audio is None


async def test_what_a_wish_says_nothing_about_comes_along_as_it_is(
    plugin: Plugin, film: Media, corpus: Corpus, tmp_path: Path
) -> None:
    (subtitles := tmp_path / "film.en.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    words = Media(path=subtitles, kind=MediaKind.DOCUMENT, mime="application/x-subrip", size_bytes=40)
    picture = Media(path=corpus.into(tmp_path, "picture.png"), kind=MediaKind.PHOTO, mime="image/png", size_bytes=9)
    several = [words, film, picture]
    for wish in ("sound.mp3", "animation", "mute", "phone", "fit.60000"):
        made, sink = await walk(plugin, several, tmp_path, step(wish))
        assert (made[0], made[1].path != film.path, len(made)) == (words, True, 3), wish
        assert [done for done, _ in sink.reports] == sorted(done for done, _ in sink.reports)
        assert (made[2].kind, made[2] == picture) == (MediaKind.PHOTO, wish != "fit.60000"), wish


async def test_a_wish_that_says_nothing_about_any_of_the_files_is_told(
    plugin: Plugin, corpus: Corpus, tmp_path: Path
) -> None:
    path = corpus.into(tmp_path, "picture.png")
    photos = [Media(path=path, kind=MediaKind.PHOTO, mime="image/png", size_bytes=9)] * 2
    for wish in ("animation", "sound.mp3"):
        with pytest.raises(ContentUnavailable) as caught:
            await walk(plugin, photos, tmp_path, step(wish))
        assert caught.value.text.key == "compress-impossible"


@pytest.mark.parametrize(
    ("kind", "name", "wish"),
    [
        (MediaKind.ANIMATION, "moving.gif", "phone"),
        (MediaKind.VIDEO_NOTE, "animation.mp4", "height.90"),
        (MediaKind.VOICE, "voice.ogg", "cut"),
    ],
)
async def test_what_a_chat_shows_in_its_own_way_stays_so(  # a row of the table above
    plugin: Plugin, corpus: Corpus, tmp_path: Path, kind: MediaKind, name: str, wish: str
) -> None:
    sent = Media(path=corpus.into(tmp_path, name), kind=kind, mime="", size_bytes=9)
    (made,), _ = await walk(plugin, [sent], tmp_path, step(wish, "0-1" if wish == "cut" else None))
    assert (made.kind, made.path != sent.path) == (kind, True)


async def test_a_song_gets_its_title_and_leaves_the_picture(plugin: Plugin, film: Media, tmp_path: Path) -> None:
    (made,), _ = await walk(plugin, [film], tmp_path, step("sound.mp3"))
    assert (made.kind, made.file_name, made.title, made.width_px) == (
        MediaKind.AUDIO,
        "My film.mp3",
        "My film",
        None,
    )


@pytest.mark.parametrize(
    ("name", "has_cover"), [("mp3", True), ("m4a", True), ("opus", True), ("flac", True), ("wav", False)]
)
async def test_the_sound_of_a_film_is_a_song_with_tags_and_the_sites_picture(  # a row of the table above
    plugin: Plugin, film: Media, corpus: Corpus, tools: MediaTools, tmp_path: Path, name: str, *, has_cover: bool
) -> None:
    picture = Path(shutil.copy(corpus.path("picture.png"), tmp_path / "thumbnail.source"))
    known = replace(film, title="A film", performer="Somebody", picture=picture)
    (made,), _ = await walk(plugin, [known], tmp_path, step(f"sound.{name}"))
    info = await tools.inspect(made.path)
    assert (info.title, info.performer, info.has_cover) == ("A film", "Somebody", has_cover)
    if has_cover:
        assert cover_of(made.path) == (400, 300)
        assert made.thumbnail is not None
        assert (await tools.inspect(made.thumbnail)).width_px == 320


@pytest.mark.parametrize(
    ("facts", "title"),
    [
        ({"caption": "A film\n\n0:00 One\n0:01 Two"}, "A film"),
        ({"caption": None}, "My film"),
        ({"title": "Its title", "caption": "A caption"}, "Its title"),
    ],
)
async def test_a_song_without_a_name_gets_one_line_of_what_is_known(
    plugin: Plugin, film: Media, tools: MediaTools, tmp_path: Path, facts: Mapping[str, str], title: str
) -> None:
    (made,), _ = await walk(plugin, [replace(film, **facts)], tmp_path, step("sound.mp3"))  # type: ignore[arg-type]  # texts alone
    assert (made.title, (await tools.inspect(made.path)).title) == (title, title)
    assert cover_of(made.path) == (320, 180)


async def test_where_the_sites_picture_cannot_be_read_the_film_is_the_cover(
    plugin: Plugin, film: Media, tools: MediaTools, tmp_path: Path
) -> None:
    (page := tmp_path / "page.jpg").write_text("<html>404</html>")
    for picture in (page, tmp_path / "missing.jpg"):
        (made,), _ = await walk(plugin, [replace(film, picture=picture)], tmp_path, step("sound.mp3"))
        assert (cover_of(made.path), (await tools.inspect(made.path)).title) == ((320, 180), "My film")


async def test_what_a_song_says_itself_stays(plugin: Plugin, film: Media, corpus: Corpus, tmp_path: Path) -> None:
    own = replace(film, path=corpus.into(tmp_path, "covered.mp3"), title="Another", picture=film.path)
    (made,), _ = await walk(plugin, [own], tmp_path, step("sound.m4a"))
    assert (made.title, made.performer, cover_of(made.path)) == ("A song", "She", (400, 300))


async def test_a_voice_message_is_no_song(plugin: Plugin, film: Media, tools: MediaTools, tmp_path: Path) -> None:
    (made,), _ = await walk(plugin, [film], tmp_path, step("sound.voice"))
    info = await tools.inspect(made.path)
    assert (info.has_cover, info.title, made.title) == (False, None, None)
    (song,), _ = await walk(plugin, [made], tmp_path, step("sound.mp3"))
    assert (song.kind, song.title, (await tools.inspect(song.path)).title) == (MediaKind.AUDIO, None, None)


async def test_a_file_that_does_already_is_the_very_same(plugin: Plugin, film: Media, tmp_path: Path) -> None:
    (made,), _ = await walk(plugin, [film], tmp_path, step("sound.mp3"))
    (same,), _ = await walk(plugin, [made], tmp_path, step("fit", "9000000"))
    assert same == made


async def test_a_preset_is_several_wishes(plugin: Plugin, film: Media, tmp_path: Path) -> None:
    (made,), _ = await walk(plugin, [film], tmp_path, step("preset.tiny"))
    assert (look(made.path).audio, made.height_px) == (None, 90)


async def test_a_large_picture_goes_as_a_file(plugin: Plugin, film: Media, tmp_path: Path) -> None:
    (made,), _ = await walk(plugin, [film], tmp_path, step("picture.webp"))
    assert (made.kind, made.mime) == (MediaKind.DOCUMENT, "image/webp")


async def test_the_machine_learns_how_fast_it_is(plugin: Plugin, corpus: Corpus, tmp_path: Path, film: Media) -> None:
    slow = replace(film, path=corpus.into(tmp_path, "long.mp4"))
    await walk(plugin, [slow], tmp_path, step("height.288"), step("turn", "180"), step("fit", "400000"))
    assert (tmp_path / "speed.json").exists()


async def test_a_check_says_which_encoders_work(plugin: Plugin, tools: MediaTools, tmp_path: Path) -> None:
    (check,) = plugin.health_checks()
    assert (await check.check()).health is Health.OK
    hopeful = Plugin(Settings(hardware=("h264_nvenc",)), FakeContext(name="compress", data_dir=tmp_path, media=tools))
    (check,) = hopeful.health_checks()
    report = await check.check()
    assert (report.health, "h264_nvenc" in report.detail) == (Health.WARNING, True)


async def test_without_a_context_nothing_is_made(film: Media, tmp_path: Path) -> None:
    bare = Plugin(Settings(), None)
    with pytest.raises(PluginError):
        await walk(bare, [film], tmp_path, step("mute"))
    (command,) = bare.cli_commands()
    assert command.name == "compress"
