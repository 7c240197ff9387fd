from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fetchgram.api import Certainty, Choice, ChoiceKind, Job, Link, LinkKind, MediaKind

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(60)]

MakeJob = Callable[[Link, Choice], Job]
MakeLink = Callable[..., Link]


async def test_a_page_with_several_qualities_offers_a_ladder_best_first(bench, make_link: MakeLink) -> None:
    probe = await bench.engine.probe(make_link(f"{bench.site.url}/watch/colours"))
    print(probe)
    videos = [choice for choice in probe.choices if choice.kind is ChoiceKind.VIDEO]
    assert [choice.height_px for choice in videos] == [720, 360, 144]
    assert all(choice.certainty is Certainty.EXACT for choice in videos)
    assert videos[0].size_bytes == bench.site.clip("clip-720.mp4").stat().st_size


async def test_a_chosen_video_arrives_as_it_was_offered(
    bench, sink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    probe = await bench.engine.probe(make_link(f"{bench.site.url}/watch/colours"))
    (media,) = await bench.engine.download(make_job(probe.link, probe.choices[1]), workdir, sink)
    print(media, list(workdir.iterdir()))
    assert (media.kind, media.height_px, media.mime) == (MediaKind.VIDEO, 360, "video/mp4")
    assert media.size_bytes == probe.choices[1].size_bytes
    assert media.file_name == "The big colour test.mp4"
    assert media.thumbnail is not None
    assert sink.told[-1] == (media.size_bytes, media.size_bytes)


@pytest.mark.parametrize("name", ["stream", "dash", "song"])
async def test_everything(bench, sink, workdir: Path, make_link: MakeLink, make_job: MakeJob, name: str) -> None:
    probe = await bench.engine.probe(make_link(f"{bench.site.url}/watch/{name}"))
    print(probe)
    (media,) = await bench.engine.download(make_job(probe.link, probe.choices[0]), workdir, sink)
    print(media, sink.told)


@pytest.mark.parametrize("name", ["clip-720.mp4", "song.mp3", "song.m4a", "picture.jpg", "master.m3u8", "manifest.mpd"])
async def test_files(bench, sink, workdir: Path, make_link: MakeLink, make_job: MakeJob, name: str) -> None:
    probe = await bench.engine.probe(make_link(f"{bench.site.url}/media/{name}", LinkKind.FILE))
    print(probe)
    (media,) = await bench.engine.download(make_job(probe.link, probe.choices[0]), workdir, sink)
    print(media, sink.told)
