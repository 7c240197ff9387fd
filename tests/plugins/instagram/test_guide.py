"""Real instaloader and real yt-dlp in real children, over the emulated Instagram."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fetchgram.api import (
    Certainty,
    Choice,
    ChoiceGone,
    ChoiceKind,
    ContentUnavailable,
    Job,
    Link,
    LinkKind,
    Media,
    MediaKind,
    PluginError,
    Step,
    TemporarilyUnavailable,
    TooLarge,
)
from fetchgram_instagram.choices import wishes_for
from fetchgram_instagram.settings import Settings
from fetchgram_sandbox.web.instagram.posts import HIGHLIGHT_ID, SHARED, media_id_of, text_of
from fetchgram_sandbox.web.instagram.troubles import Trouble

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

Bench = Any
LinkTo = Callable[[str], Link]
JobOf = Callable[[Link, Choice], Job]
ALBUM = Choice(kind=ChoiceKind.ALBUM)
VIDEO = Choice(kind=ChoiceKind.VIDEO)


@pytest.fixture
def get(bench: Bench, link_to: LinkTo, job_of: JobOf, workdir: Path, sink: Any) -> Callable[..., Any]:
    """Look a link up and fetch a choice of it: the first by default."""

    async def get(path: str, choice: Choice | None = None) -> tuple[Media, ...]:
        seen = await bench.guide.probe(link_to(path))
        return tuple(await bench.guide.download(job_of(seen.link, choice or seen.choices[0]), workdir, sink))

    return get


async def test_a_picture_arrives_with_text_author_and_link(bench: Bench, link_to: LinkTo, get: Any) -> None:
    seen = await bench.guide.probe(link_to("p/Cpicture001/"))
    (choice,) = seen.choices
    assert (seen.title, seen.author, choice.kind, choice.certainty) == (
        "A picture of colours #test", "sandbox.band", ChoiceKind.IMAGE, Certainty.EXACT,
    )  # fmt: skip
    (photo,) = await get("p/Cpicture001/")
    assert (photo.kind, photo.width_px, photo.height_px, photo.size_bytes) == (
        MediaKind.PHOTO, 640, 800, choice.size_bytes,
    )  # fmt: skip
    assert photo.caption == ("A picture of colours #test\n\nsandbox.band\nhttps://www.instagram.com/p/Cpicture001/")


async def test_of_a_long_text_what_fits_stands_below_and_the_rest_follows_on_wish(
    bench: Bench, link_to: LinkTo, job_of: JobOf, workdir: Path, sink: Any
) -> None:
    seen = await bench.guide.probe(link_to("p/Clongtext01/"))
    (wish,) = wishes_for(seen)
    job = job_of(seen.link, seen.choices[0])
    (photo,) = await bench.guide.download(job, workdir, sink)
    assert photo.caption.endswith("…\n\nsandbox.band\nhttps://www.instagram.com/p/Clongtext01/")
    wished = replace(job, recipe=replace(job.recipe, steps=(Step(key=wish.key, at=wish.at),)))
    again, text = await bench.guide.download(wished, workdir, sink)
    whole = text_of("Clongtext01").strip()
    begin, rest = again.caption.partition("…")[0], text.caption.removeprefix("…")
    assert (again.caption, f"{begin} {rest}") == (photo.caption, whole)
    assert (text.kind, text.path.read_text(), text.file_name.endswith(".txt")) == (MediaKind.TEXT, text.caption, True)


async def test_a_short_text_has_no_rest_to_wish_for(bench: Bench, link_to: LinkTo) -> None:
    for path in ("p/Cpicture001/", "p/Cwordless01/", "sandbox.band/"):
        assert wishes_for(await bench.guide.probe(link_to(path))) == ()


async def test_a_download_stops_at_the_limit_of_its_job(get: Any, sink: Any) -> None:
    sink.max_bytes = 1000
    with pytest.raises(TooLarge) as caught:
        await get("p/Cpicture001/")
    assert caught.value.limit_bytes == sink.max_bytes


async def test_a_look_and_a_download_are_one_visit(bench: Bench, get: Any) -> None:
    await get("p/Cpicture001/")
    assert bench.asked("/api/graphql") == 1


async def test_the_way_out_is_in_the_childs_environment_alone(bench: Bench, link_to: LinkTo) -> None:
    before = dict(os.environ)
    await bench.guide.probe(link_to("p/Cpicture001/"))
    assert bench.asked("/api/graphql") == 1, "through the proxy, to a site whose authority is the sandbox's own"
    assert dict(os.environ) == before
    assert [name for name, value in before.items() if bench.parts.web.proxy_url in value] == []


async def test_a_reel_is_offered_as_film_sound_and_cover(bench: Bench, link_to: LinkTo, get: Any, sink: Any) -> None:
    seen = await bench.guide.probe(link_to("reel/Creel000001/"))
    assert [each.kind for each in seen.choices] == [ChoiceKind.VIDEO, ChoiceKind.AUDIO, ChoiceKind.THUMBNAIL]
    assert (seen.choices[0].height_px, seen.duration_s) == (360, 3.0)
    (film,) = await get("reel/Creel000001/")
    assert (film.kind, film.width_px, film.height_px) == (MediaKind.VIDEO, 360, 640)
    assert film.thumbnail is not None
    assert sink.reports[-1] == (film.size_bytes, seen.choices[0].size_bytes)


@pytest.mark.parametrize(
    ("kind", "arrives_as", "mime"),
    [(ChoiceKind.AUDIO, MediaKind.AUDIO, "audio/mp4"), (ChoiceKind.THUMBNAIL, MediaKind.PHOTO, "image/jpeg")],
)
async def test_sound_and_cover_of_a_film_arrive(get: Any, kind: ChoiceKind, arrives_as: MediaKind, mime: str) -> None:
    (media,) = await get("reel/Creel000001/", Choice(kind=kind))
    assert (media.kind, media.mime) == (arrives_as, mime)


async def test_a_film_whose_cover_cannot_be_had_shows_itself(bench: Bench, get: Any) -> None:
    bench.site.spoilt.append("picture-360x640.jpg")
    (film,) = await get("reel/Creel000001/")
    assert (bench.site.spoilt, film.thumbnail is not None, film.picture) == ([], True, None)


async def test_the_sound_of_a_film_is_a_song_with_title_artist_and_cover(bench: Bench, get: Any) -> None:
    (song,) = await get("reel/Creel000001/", Choice(kind=ChoiceKind.AUDIO))
    found = await bench.context.media.inspect(song.path)
    assert (found.title, found.performer, found.has_cover) == (song.title, "sandbox.band", True)
    assert (song.performer, song.thumbnail is not None) == ("sandbox.band", True)


async def test_a_carousel_arrives_whole_and_in_order_with_one_caption(get: Any) -> None:
    media = await get("p/Cmixed00001/")
    assert [(each.kind, each.width_px) for each in media] == [
        (MediaKind.PHOTO, 600), (MediaKind.VIDEO, 360), (MediaKind.PHOTO, 602),
    ]  # fmt: skip
    assert [bool(each.caption) for each in media] == [True, False, False]


async def test_a_carousel_of_fourteen_arrives_whole_and_in_order(get: Any) -> None:
    media = await get("p/Cmany000014/")
    assert [each.width_px for each in media] == [320 + 2 * place for place in range(14)]
    assert [place for place, each in enumerate(media) if each.kind is MediaKind.VIDEO] == [4, 9]


async def test_an_albums_size_is_told_whole_and_by_its_largest_file(bench: Bench, link_to: LinkTo, get: Any) -> None:
    choice = (await bench.guide.probe(link_to("p/Cheavy00001/"))).choices[0]
    sizes = [each.size_bytes for each in await get("p/Cheavy00001/")]
    assert (choice.size_bytes, choice.largest_bytes, choice.certainty) == (sum(sizes), max(sizes), Certainty.EXACT)


async def test_the_item_that_was_looked_at_can_be_had_alone(bench: Bench, link_to: LinkTo, get: Any) -> None:
    seen = await bench.guide.probe(link_to("p/Cmixed00001/?img_index=2"))
    assert [(each.kind, each.items) for each in seen.choices] == [(ChoiceKind.ALBUM, ()), (ChoiceKind.VIDEO, ("2",))]
    (film,) = await get("p/Cmixed00001/?img_index=2", seen.choices[1])
    assert (film.kind, film.width_px) == (MediaKind.VIDEO, 360)


async def test_the_items_of_a_carousel_can_be_picked(
    bench: Bench, link_to: LinkTo, job_of: JobOf, workdir: Path, sink: Any
) -> None:
    seen = await bench.guide.probe(link_to("p/Cmixed00001/"))
    assert seen.link.within == seen.link.url
    page = await bench.guide.entries(seen.link, None)
    assert [each.title for each in page.entries] == ["📷", "🎬", "📷"]
    item = await bench.guide.probe(page.entries[2].link)
    assert (item.link.media_id, [each.kind for each in item.choices]) == ("Cmixed00001/3", [ChoiceKind.IMAGE])
    (photo,) = await bench.guide.download(job_of(item.link, item.choices[0]), workdir, sink)
    assert photo.width_px == 602
    assert bench.asked("/api/graphql") == 1


async def test_what_is_no_longer_there_leads_back_to_the_menu(get: Any) -> None:
    with pytest.raises(ChoiceGone) as caught:
        await get("p/Cpicture001/", VIDEO)
    assert [each.kind for each in caught.value.choices] == [ChoiceKind.IMAGE]


async def test_an_address_that_is_no_longer_good_is_looked_up_again(bench: Bench, get: Any) -> None:
    bench.site.spoilt.append("picture-640x800.jpg")
    (photo,) = await get("p/Cpicture001/")
    assert photo.kind is MediaKind.PHOTO
    assert bench.asked("/api/graphql") == 2


async def test_a_share_link_leads_to_what_was_shared(bench: Bench, link_to: LinkTo) -> None:
    seen = await bench.guide.probe(link_to(f"share/reel/{SHARED}/"))
    assert (seen.link.kind, seen.link.media_id) == (LinkKind.REEL, "Creel000001")


async def test_a_profile_is_its_picture_and_a_list_of_posts(bench: Bench, link_to: LinkTo, get: Any) -> None:
    link = link_to("sandbox.band/")
    seen = await bench.guide.probe(link)
    assert (seen.title, [each.kind for each in seen.choices]) == ("Sandbox Band (sandbox.band)", [ChoiceKind.IMAGE])
    assert seen.link.within == link.url
    first = await bench.guide.entries(link, None)
    second = await bench.guide.entries(link, first.next_cursor)
    third = await bench.guide.entries(link, second.next_cursor)
    codes = [each.link.media_id for page in (first, second, third) for each in page.entries]
    assert codes == [f"Cpost00{number:04}" for number in range(1, 31)]
    assert (first.total, third.next_cursor) == (30, None)
    (photo,) = await get("sandbox.band/")
    assert (photo.kind, photo.width_px) == (MediaKind.PHOTO, 320)


async def test_stories_need_somebody_who_is_logged_in(bench: Bench, link_to: LinkTo) -> None:
    for path in ("stories/sandbox.band/", f"stories/highlights/{HIGHLIGHT_ID}/"):
        with pytest.raises(ContentUnavailable) as caught:
            await bench.guide.probe(link_to(path))
        assert caught.value.text.key == "instagram-no-account"
    assert bench.parts.web.requests == []


async def test_stories_and_highlights_come_with_a_session(bench: Bench, link_to: LinkTo, get: Any) -> None:
    await bench.log_in("sandbox.one")
    whole = await get("stories/sandbox.band/")
    assert sorted(each.width_px for each in whole) == [360, 362]
    seen = await bench.guide.probe(link_to("stories/sandbox.band/3500000000000000002/"))
    assert [each.kind for each in seen.choices][:1] == [ChoiceKind.VIDEO]
    highlight = await bench.guide.probe(link_to(f"stories/highlights/{HIGHLIGHT_ID}/"))
    assert (highlight.title, [each.kind for each in highlight.choices]) == ("On tour", [ChoiceKind.ALBUM])
    assert [each.title for each in (await bench.guide.entries(highlight.link, None)).entries] == ["📷", "🎬", "📷"]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("p/Cdeleted001/", "instagram-gone"),
        ("p/Cprivate001/", "instagram-private"),
        ("reel/Cagelimit01/", "instagram-age"),
        ("reel/Cregion0001/", "instagram-geo"),
        ("nobody.of.that.name/", "instagram-gone"),
    ],
)
async def test_each_refusal_has_its_own_sentence(bench: Bench, link_to: LinkTo, path: str, key: str) -> None:
    with pytest.raises(ContentUnavailable) as caught:
        await bench.guide.probe(link_to(path))
    assert caught.value.text.key == key


async def test_what_a_profile_keeps_for_its_followers_is_said(bench: Bench, link_to: LinkTo) -> None:
    with pytest.raises(ContentUnavailable) as caught:
        await bench.guide.entries(link_to("sandbox.friends/"), None)
    assert caught.value.text.key == "instagram-private"


async def test_a_follower_gets_what_visitors_and_others_do_not(bench: Bench, link_to: LinkTo) -> None:
    await bench.log_in("sandbox.two", "sandbox.one")
    assert (await bench.guide.probe(link_to("p/Cprivate001/"))).title == "For friends"
    assert (await bench.guide.probe(link_to("reel/Cagelimit01/"))).choices


@pytest.mark.parametrize(
    ("path", "least_s", "most_s"), [("reel/Cratelimit1/", 1, 150), ("reel/Cratelimit2/", 600, 1125)]
)
async def test_too_many_requests_are_told_with_the_time(
    bench: Bench, link_to: LinkTo, path: str, least_s: float, most_s: float
) -> None:
    for _ in range(2):
        with pytest.raises(TemporarilyUnavailable) as caught:
            await bench.guide.probe(link_to(path))
        assert caught.value.text.key == "instagram-busy"
        assert caught.value.retry_after_s is not None
        assert least_s < caught.value.retry_after_s <= most_s
    assert bench.asked("/api/graphql") == 1, "while it rests nobody is asked"


@pytest.mark.parametrize(("code", "key"), [("Cnotallowed", "instagram-busy"), ("Cloginwall1", "instagram-wall")])
async def test_visitors_who_are_turned_away_rest(bench: Bench, link_to: LinkTo, code: str, key: str) -> None:
    with pytest.raises(TemporarilyUnavailable) as caught:
        await bench.guide.probe(link_to(f"p/{code}/"))
    assert caught.value.text.key == key
    assert caught.value.retry_after_s is not None
    with pytest.raises(TemporarilyUnavailable):
        await bench.guide.probe(link_to("p/Cpicture001/"))
    assert bench.asked("/api/graphql") == 1


async def test_nobody_asks_more_than_is_allowed_in_an_hour(make_bench: Any, link_to: LinkTo) -> None:
    bench = make_bench(Settings(visitor_requests_per_hour=1))
    for _ in range(2):
        with pytest.raises(TemporarilyUnavailable) as caught:
            await bench.guide.probe(link_to("p/Cpicture001/"))
        assert caught.value.text.key == "instagram-busy"
    assert len(bench.parts.web.requests) == 1


@pytest.mark.parametrize("code", ["Cchanged001", "Cloginpage1", "Ctruncated1"])
async def test_where_instaloader_fails_the_film_comes_by_ytdlp_and_the_log_says_so(
    bench: Bench, get: Any, link_to: LinkTo, code: str, caplog: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = await bench.guide.probe(link_to(f"reel/{code}/"))
    assert (seen.link.media_id, seen.choices[0].kind) == (code, ChoiceKind.VIDEO)
    (film,) = await get(f"reel/{code}/")
    assert (film.kind, film.width_px, film.height_px) == (MediaKind.VIDEO, 360, 640)
    assert "instagram.fallback" in capsys.readouterr().out


async def test_a_page_that_asks_to_log_in_instead_of_data_is_a_wall(bench: Bench, link_to: LinkTo) -> None:
    bench.site.visitors_trouble = Trouble.LOGIN_PAGE
    with pytest.raises(TemporarilyUnavailable) as caught:
        await bench.guide.probe(link_to("p/Cpicture001/"))
    assert caught.value.text.key == "instagram-wall"


async def test_a_job_that_neither_engine_can_do_fails_by_the_plugins_fault(
    bench: Bench, link_to: LinkTo, job_of: JobOf, workdir: Path, sink: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(PluginError) as caught:
        await bench.guide.download(job_of(link_to("reel/Cchanged003/"), VIDEO), workdir, sink)
    assert (caught.value.plugin, caught.value.text.key) == ("instagram", "instagram-broken")
    logged = capsys.readouterr().out
    assert logged.index("instagram.fallback ") < logged.index("instagram.fallback_failed")


@pytest.mark.parametrize("path", ["reel/Cchanged003/", "p/Cchanged002/"])
async def test_what_nobody_understands_counts_against_the_plugin(bench: Bench, link_to: LinkTo, path: str) -> None:
    with pytest.raises(PluginError) as caught:
        await bench.guide.probe(link_to(path))
    assert (caught.value.plugin, caught.value.text.key) == ("instagram", "instagram-broken")


async def test_behind_a_wall_for_visitors_accounts_come_first(bench: Bench, link_to: LinkTo) -> None:
    await bench.log_in("sandbox.one")
    bench.site.visitors_trouble = Trouble.LOGIN_PAGE
    await bench.guide.probe(link_to("reel/Creel000001/"))
    assert (bench.asked("/graphql/query"), bench.asked("/reel/Creel000001/")) == (1, 0)


async def test_the_other_engine_uses_the_session_that_was_used(
    make_bench: Any, link_to: LinkTo, job_of: JobOf, workdir: Path, sink: Any
) -> None:
    bench = make_bench(Settings(visitor_requests_per_hour=0))
    await bench.log_in("sandbox.one")
    seen = await bench.guide.probe(link_to("reel/Cchanged001/"))
    (film,) = await bench.guide.download(job_of(seen.link, seen.choices[0]), workdir, sink)
    assert film.kind is MediaKind.VIDEO
    number = media_id_of("Cchanged001")
    assert bench.asked(f"/api/v1/media/{number}/info/") == bench.asked("/graphql/query") == 2


async def test_an_account_finds_stories_where_visitors_meet_a_wall(bench: Bench, link_to: LinkTo) -> None:
    await bench.log_in("sandbox.one")
    bench.site.visitors_trouble = Trouble.LOGGED_OUT
    assert len((await bench.guide.entries(link_to("stories/sandbox.band/"), None)).entries) == 2
    with pytest.raises(ContentUnavailable) as caught:
        await bench.guide.probe(link_to("stories/nobody.of.that.name/"))
    assert caught.value.text.key == "instagram-story-gone"


async def test_a_garbled_answer_is_no_fault_of_the_plugin(bench: Bench, link_to: LinkTo) -> None:
    with pytest.raises(TemporarilyUnavailable) as caught:
        await bench.guide.probe(link_to("p/Ctruncated2/"))
    assert caught.value.text.key == "instagram-unreachable"
