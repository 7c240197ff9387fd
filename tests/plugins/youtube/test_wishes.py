"""What a person can wish for besides a choice: a part, another language, subtitles, the description, the picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import pytest

from fetchgram.api import (
    At,
    Certainty,
    Choice,
    ChoiceGone,
    ChoiceKind,
    InputKind,
    Media,
    MediaKind,
    Probe,
    Recipe,
    Step,
)
from fetchgram.testing import FakeSink
from fetchgram_youtube.wishes import extras_of, wishes_for

from .conftest import WATCH, Bench, is_sound, is_video, job_of, link

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

COLOURS = f"{WATCH}colourtest1"
CLIP = "https://www.youtube.com/clip/UgkxSandboxClip0001"


def step(key: str, value: str | None = None) -> Step:
    return Step(key=f"youtube.{key}", input=value, at=At.DOWNLOAD)


async def wish(bench: Bench, url: str, choice: Choice, workdir: Path, *steps: Step) -> tuple[Media, ...]:
    job = job_of(link(url), choice)
    recipe = Recipe(choice=choice, steps=steps)
    job = replace(job, recipe=recipe, fingerprint=recipe.fingerprint(job.link))
    return tuple(await bench.plugin.download(job, workdir, FakeSink()))


def first(probe: Probe, kind: ChoiceKind, **more: object) -> Choice:
    return next(c for c in probe.choices if c.kind is kind and all(getattr(c, k) == v for k, v in more.items()))


async def test_a_video_offers_a_part_subtitles_and_the_description(bench: Bench) -> None:
    probe = await bench.probe(COLOURS)
    offered = bench.plugin.offer(probe, first(probe, ChoiceKind.VIDEO))
    assert [(each.key, each.input, each.values) for each in offered] == [
        ("youtube.trim", InputKind.TIME_RANGE, ()),
        ("youtube.subtitles", InputKind.ONE_OF, ("en", "de")),
        ("youtube.subtitles_file", InputKind.ONE_OF, ("en", "de")),
        ("youtube.description", InputKind.NONE, ()),
    ]
    assert {each.at for each in offered} == {At.DOWNLOAD}
    sound = [each.key for each in bench.plugin.offer(probe, first(probe, ChoiceKind.AUDIO))]
    assert sound == ["youtube.trim", "youtube.subtitles_file", "youtube.description"]
    assert bench.plugin.offer(probe, first(probe, ChoiceKind.THUMBNAIL)) == ()
    foreign = replace(probe, link=replace(probe.link, plugin="other"))
    assert bench.plugin.offer(foreign, first(probe, ChoiceKind.VIDEO)) == ()


async def test_subtitles_of_a_machine_are_offered_where_people_wrote_none(bench: Bench) -> None:
    probe = await bench.probe(f"{WATCH}onlyauto001")
    (inside, *_) = [each for each in wishes_for(probe, first(probe, ChoiceKind.VIDEO)) if "subtitles" in each.key]
    assert inside.values == ("en auto",)


async def test_a_part_is_cut_out_of_the_whole(bench: Bench, workdir: Path) -> None:
    probe = await bench.probe(COLOURS)
    (media,) = await wish(bench, COLOURS, first(probe, ChoiceKind.VIDEO, height_px=360), workdir, step("trim", "2-4"))
    info = await bench.media.inspect(media.path)
    assert info.duration_s == pytest.approx(2, abs=0.3)
    assert (info.video_codec, info.audio_codec) == ("h264", "aac")
    assert media.caption == "The big colour test"


async def test_a_part_of_the_sound_keeps_its_tags(bench: Bench, workdir: Path) -> None:
    probe = await bench.probe(COLOURS)
    (media,) = await wish(bench, COLOURS, first(probe, ChoiceKind.AUDIO, codec="mp3"), workdir, step("trim", "1-2.5"))
    assert media.duration_s == pytest.approx(1.5, abs=0.2)
    assert b"Sandbox Band" in media.path.read_bytes()


async def test_subtitles_come_inside_of_the_video(bench: Bench, workdir: Path) -> None:
    probe = await bench.probe(COLOURS)
    video = first(probe, ChoiceKind.VIDEO, height_px=360)
    (media,) = await wish(bench, COLOURS, video, workdir, step("subtitles", "de"))
    content = media.path.read_bytes()
    assert b"de line 1 of The big colour test" in content
    assert b"tx3g" in content
    assert media.kind is MediaKind.VIDEO


async def test_subtitles_come_as_a_file_and_follow_the_cut(bench: Bench, workdir: Path) -> None:
    probe = await bench.probe(COLOURS)
    steps = (step("trim", "2-4"), step("subtitles_file", "en"))
    video, subtitles = await wish(bench, COLOURS, first(probe, ChoiceKind.VIDEO, height_px=144), workdir, *steps)
    assert (video.kind, subtitles.kind) == (MediaKind.VIDEO, MediaKind.DOCUMENT)
    assert subtitles.file_name == "The big colour test.en.srt"
    lines = subtitles.path.read_text().splitlines()
    assert lines[:3] == ["1", "00:00:00,000 --> 00:00:02,000", "en line 2 of The big colour test"]


async def test_subtitles_of_a_machine_are_fetched_as_such(bench: Bench, workdir: Path) -> None:
    url = f"{WATCH}onlyauto001"
    probe = await bench.probe(url)
    before = len(bench.web.requests)
    steps = step("subtitles_file", "en auto")
    _, subtitles = await wish(bench, url, first(probe, ChoiceKind.AUDIO), workdir, steps)
    assert subtitles.file_name == "Subtitles by a machine.en-auto.srt"
    (asked,) = [each for each in bench.asked_since(before) if each.path == "/api/timedtext"]
    assert asked.query["kind"] == "asr"


async def test_a_language_that_is_gone_leads_back_to_the_menu(bench: Bench, workdir: Path) -> None:
    probe = await bench.probe(COLOURS)
    with pytest.raises(ChoiceGone):
        await wish(bench, COLOURS, first(probe, ChoiceKind.VIDEO), workdir, step("subtitles", "fr"))


async def test_another_language_is_heard(bench: Bench, workdir: Path) -> None:
    url = f"{WATCH}twospoken01"
    probe = await bench.probe(url)
    video = first(probe, ChoiceKind.VIDEO, height_px=144)
    (dub,) = [each for each in bench.plugin.offer(probe, video) if each.key == "youtube.dub"]
    assert set(dub.values) == {"en", "es"}
    before = len(bench.web.requests)
    await wish(bench, url, video, workdir, step("dub", "es"))
    spoken = [each.query.get("lang") for each in bench.asked_since(before) if each.query.get("itag") == "140"]
    assert spoken == ["es"]


async def test_without_a_wish_the_original_language_is_heard(bench: Bench, workdir: Path, sink: FakeSink) -> None:
    before = len(bench.web.requests)
    await bench.fetch(f"{WATCH}twospoken01", is_video(144), workdir, sink)
    spoken = [each.query.get("lang") for each in bench.asked_since(before) if each.query.get("itag") == "140"]
    assert spoken == ["en"]


async def test_the_description_comes_as_a_text_file(bench: Bench, workdir: Path) -> None:
    probe = await bench.probe(COLOURS)
    _, text = await wish(bench, COLOURS, first(probe, ChoiceKind.AUDIO), workdir, step("description"))
    assert (text.kind, text.mime, text.file_name) == (MediaKind.DOCUMENT, "text/plain", "The big colour test.txt")
    assert text.path.read_text() == "Made on this machine by ffmpeg.\n"


async def test_the_picture_is_a_choice_of_its_own(bench: Bench, workdir: Path) -> None:
    probe = await bench.probe(COLOURS)
    picture = first(probe, ChoiceKind.THUMBNAIL)
    assert (picture.container, picture.certainty) == ("jpg", Certainty.UNKNOWN)
    (media,) = await wish(bench, COLOURS, picture, workdir)
    assert (media.kind, media.mime, media.width_px, media.file_name) == (
        MediaKind.PHOTO,
        "image/jpeg",
        480,
        "The big colour test.jpg",
    )


async def test_the_caption_names_the_chapters_with_their_times(bench: Bench, workdir: Path, sink: FakeSink) -> None:
    media = await bench.fetch(COLOURS, is_video(144), workdir, sink)
    assert media.caption == "The big colour test\n\n0:00 Colours\n0:02 More colours\n0:04 The end"
    sound = await bench.fetch(COLOURS, is_sound("aac"), workdir, sink)
    assert sound.caption == "The big colour test"


async def test_chapters_are_in_the_file_and_follow_the_cut(bench: Bench, workdir: Path, sink: FakeSink) -> None:
    media = await bench.fetch(COLOURS, is_video(144), workdir, sink)
    assert chapters_in(media.path) == [("Colours", 0, 2), ("More colours", 2, 4), ("The end", 4, 6)]
    sound = await bench.fetch(COLOURS, is_sound("aac"), workdir, sink)
    assert [title for title, *_ in chapters_in(sound.path)] == ["Colours", "More colours", "The end"]
    probe = await bench.probe(COLOURS)
    video = first(probe, ChoiceKind.VIDEO, height_px=360)
    part, *_ = await wish(bench, COLOURS, video, workdir, step("trim", "3-6"), step("subtitles", "en"))
    assert chapters_in(part.path) == [("More colours", 0, 1), ("The end", 1, 3)]
    assert b"en line 3" in part.path.read_bytes()


def chapters_in(path: Path) -> list[tuple[str, float, float]]:
    with av.open(path) as container:
        found = [(each["metadata"]["title"], each["time_base"] or 0, each) for each in container.chapters()]
        return [(title, float(each["start"] * base), float(each["end"] * base)) for title, base, each in found]


async def test_a_clip_is_the_stretch_of_the_video_that_it_names(bench: Bench, workdir: Path, sink: FakeSink) -> None:
    probe = await bench.probe(CLIP)
    assert (probe.link.media_id, probe.duration_s) == ("UgkxSandboxClip0001", 3.0)
    assert {c.certainty for c in probe.choices if c.kind is ChoiceKind.VIDEO} == {Certainty.APPROXIMATE}
    assert "youtube.trim" not in {each.key for each in bench.plugin.offer(probe, probe.choices[0])}
    media = await bench.fetch(CLIP, is_video(360), workdir, sink)
    assert media.duration_s == pytest.approx(3, abs=0.3)


async def test_wishes_are_read_from_the_recipe() -> None:
    job = job_of(link(COLOURS), Choice(kind=ChoiceKind.VIDEO))
    steps = (step("trim", "90-165.5"), step("dub", "es"), step("subtitles", "en auto"), step("description"))
    extras = extras_of(replace(job, recipe=Recipe(choice=job.recipe.choice, steps=steps)))
    assert (extras.section_s, extras.language, extras.subtitles) == ((90.0, 165.5), "es", "en auto")
    assert (extras.subtitles_file, extras.description) == (None, True)
