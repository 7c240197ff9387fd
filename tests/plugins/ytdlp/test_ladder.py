from __future__ import annotations

from dataclasses import replace

import pytest

from fetchgram.api import Certainty, Choice, ChoiceGone, ChoiceKind
from fetchgram_ytdlp.ladder import Track, Wish, audio_languages, offers, resolve


def video(height_px: int | None, codec: str | None = "h264", **more: object) -> Track:
    fields: dict[str, object] = {
        "format_id": f"v{height_px}{codec}{more.get('fps', '')}{more.get('order', '')}",
        "order": height_px or 0,
        "has_video": True,
        "has_audio": False,
        "container": "mp4" if codec in ("h264", "hevc", "av1") else "webm",
        "video_codec": codec,
        "height_px": height_px,
        "size_bytes": 1000,
        "certainty": Certainty.EXACT,
    }
    return Track(**(fields | more))  # type: ignore[arg-type]  # the tests name real fields


def sound(codec: str, **more: object) -> Track:
    fields: dict[str, object] = {
        "format_id": f"a{codec}{more.get('language', '')}",
        "order": 1,
        "has_video": False,
        "has_audio": True,
        "container": {"aac": "m4a", "opus": "webm", "mp3": "mp3"}.get(codec, codec),
        "audio_codec": codec,
        "bitrate_kbps": 129.6,
        "size_bytes": 100,
        "certainty": Certainty.EXACT,
    }
    return Track(**(fields | more))  # type: ignore[arg-type]  # the tests name real fields


def choices(*tracks: Track, **wish: float) -> tuple[Choice, ...]:
    return tuple(offer.choice for offer in offers(tracks, Wish(**wish)))  # type: ignore[arg-type]  # as the tests mean it


def test_the_ladder_has_one_choice_per_height_with_the_most_playable_codec() -> None:
    found = choices(video(1080, "av1"), video(1080, "vp9"), video(1080), video(720, "vp9"), sound("aac"))
    assert [(choice.height_px, choice.codec) for choice in found[:2]] == [(1080, "h264"), (720, "vp9")]
    assert found[2].kind is ChoiceKind.AUDIO


def test_smooth_and_hdr_are_choices_of_their_own() -> None:
    found = choices(
        video(1080), video(1080, fps=59.94), video(1080, "vp9", fps=60, is_hdr=True), video(1080, fps=29.97)
    )
    assert [(choice.fps, choice.hdr) for choice in found] == [(60, False), (None, False), (60, True)]


def test_a_picture_and_a_sound_are_summed_and_the_sum_is_only_as_sure_as_its_parts() -> None:
    exact = choices(video(720), sound("aac"))[0]
    assert (exact.size_bytes, exact.certainty) == (1100, Certainty.EXACT)
    guessed = choices(video(720), sound("aac", certainty=Certainty.APPROXIMATE))[0]
    assert (guessed.size_bytes, guessed.certainty) == (1100, Certainty.APPROXIMATE)
    unknown = choices(video(720), sound("aac", size_bytes=None, certainty=Certainty.UNKNOWN))[0]
    assert (unknown.size_bytes, unknown.certainty) == (None, Certainty.UNKNOWN)


def test_aac_goes_with_a_picture_even_where_opus_is_better() -> None:
    offer = offers([video(720), sound("opus", order=9), sound("aac", order=1)])[0]
    assert [track.audio_codec for track in offer.tracks] == [None, "aac"]


@pytest.mark.parametrize(
    ("picture", "with_sound", "container"),
    [
        ("h264", "aac", "mp4"),
        ("vp9", "aac", "mp4"),
        ("av1", "opus", "mp4"),
        ("vp8", "vorbis", "webm"),
        ("vp9", "vorbis", "webm"),
        ("h264", "vorbis", "mkv"),
        ("theora", "vorbis", "mkv"),
    ],
)
def test_the_container_takes_both_streams(picture: str, with_sound: str, container: str) -> None:
    assert choices(video(480, picture), sound(with_sound))[0].container == container


def test_sounds_are_offered_as_they_are_aac_first() -> None:
    found = choices(sound("opus", order=5), sound("aac"), sound("mp3", order=3))
    assert [(choice.codec, choice.container) for choice in found] == [("aac", "m4a"), ("opus", "ogg"), ("mp3", "mp3")]


def test_a_measured_bitrate_is_rounded_so_that_equal_wishes_stay_equal() -> None:
    assert choices(sound("aac", bitrate_kbps=129.4)) == choices(sound("aac", bitrate_kbps=127.9))


def test_a_video_without_separate_sound_offers_its_sound_from_a_small_one() -> None:
    tracks = [video(height, has_audio=True) for height in (144, 360, 1080)]
    (offer,) = [offer for offer in offers(tracks) if offer.choice.kind is ChoiceKind.AUDIO]
    assert offer.choice.certainty is Certainty.UNKNOWN
    assert offer.tracks[0].height_px == 360


def test_a_silent_video_has_no_sound_to_offer() -> None:
    (choice,) = choices(video(720))
    assert choice.kind is ChoiceKind.VIDEO


def test_videos_over_the_operators_height_are_not_offered() -> None:
    assert [choice.height_px for choice in choices(video(2160), video(1080), max_height_px=1080)] == [1080]


def test_a_stream_of_unknown_height_stands_only_where_there_is_no_other() -> None:
    assert [choice.height_px for choice in choices(video(None), video(480))] == [480]
    assert [choice.height_px for choice in choices(video(None))] == [None]


def test_the_later_of_two_equal_streams_is_the_better_one() -> None:
    offer = offers([video(720, order=1), video(720, order=2)])[0]
    assert offer.tracks[0].order == 2


def test_a_choice_finds_its_streams_again_though_sizes_changed() -> None:
    tracks = [video(720), video(480), sound("aac")]
    chosen = offers(tracks)[1].choice
    later = [replace(track, size_bytes=1007, format_id=f"new-{track.format_id}") for track in tracks]
    offer = resolve(later, chosen)
    assert [track.format_id for track in offer.tracks] == ["new-v480h264", "new-aaac"]


@pytest.mark.parametrize(
    "change", [{"height_px": 1080}, {"hdr": True}, {"fps": 60}, {"codec": "vp9"}, {"container": "webm"}]
)
def test_a_choice_that_is_gone_is_never_silently_replaced(change: dict[str, object]) -> None:
    tracks = [video(720), sound("aac")]
    chosen = replace(offers(tracks)[0].choice, **change)  # type: ignore[arg-type]  # each is a field of its type
    with pytest.raises(ChoiceGone) as caught:
        resolve(tracks, chosen)
    assert caught.value.choices == choices(*tracks)


def test_a_chosen_language_is_kept_and_a_missing_one_is_gone() -> None:
    tracks = [video(720), sound("aac", language="en", order=2), sound("aac", language="de", order=1)]
    chosen = offers(tracks)[0].choice
    assert audio_languages(tracks) == ("en", "de")
    assert resolve(tracks, chosen).tracks[1].language == "en"
    assert resolve(tracks, replace(chosen, language="de")).tracks[1].language == "de"
    sounds = offers(tracks)[1].choice
    with pytest.raises(ChoiceGone):
        resolve(tracks, replace(sounds, language="fr"))


def test_a_picture_is_offered_as_a_picture() -> None:
    picture = replace(video(600, None), has_video=False, is_image=True, container="png")
    (choice,) = choices(picture)
    assert (choice.kind, choice.container) == (ChoiceKind.IMAGE, "png")


def test_an_mp3_is_made_of_the_best_sound_and_its_size_follows_from_the_bitrate() -> None:
    offered = offers((sound("opus", order=1), sound("aac", order=2)), Wish(mp3_kbps=192, duration_s=10.0))
    mp3 = offered[-1]
    assert (mp3.choice.codec, mp3.choice.container, mp3.choice.bitrate_kbps) == ("mp3", "mp3", 192)
    assert (mp3.choice.size_bytes, mp3.choice.certainty) == (240_000, Certainty.APPROXIMATE)
    assert [track.audio_codec for track in mp3.tracks] == ["aac"]
    assert resolve((sound("opus", order=1),), mp3.choice, Wish(mp3_kbps=192)).tracks[0].audio_codec == "opus"


def test_no_mp3_is_made_where_the_site_has_one_or_nobody_wishes_for_it() -> None:
    assert [choice.codec for choice in choices(sound("mp3"), mp3_kbps=192)] == ["mp3"]
    assert [choice.codec for choice in choices(sound("aac"))] == ["aac"]
    assert choices(mp3_kbps=192) == ()
