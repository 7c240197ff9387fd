from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from fetchgram.api import Choice, ChoiceKind, InputKind, Link, LinkKind, Option, Probe, Route, Step, text
from fetchgram.api import Settings as CoreSettings
from fetchgram.texts import Texts, catalogues_of
from fetchgram_compress.offers import offers
from fetchgram_compress.settings import Preset, Settings
from fetchgram_compress.speed import Speed
from fetchgram_compress.wishes import of_steps

MB = 1_000_000
LINK = Link(plugin="fake", kind=LinkKind.VIDEO, media_id="1", url="https://example.com/1")
PROBE = Probe(link=LINK, title="t", duration_s=300.0)
FILM = Choice(kind=ChoiceKind.VIDEO, height_px=1080, size_bytes=120 * MB, codec="h264", container="mp4")
ROUTE = Route(
    plugin="telegram", name="botapi", order=1, max_bytes={"video": 50 * MB, "audio": 50 * MB, "photo": 10 * MB}
)


def menu(choice: Choice = FILM, probe: Probe = PROBE, settings: Settings | None = None) -> Mapping[str, Option]:
    found = offers(probe, choice, (ROUTE,), settings or Settings(), Speed())
    assert len({option.key for option in found}) == len(found)
    return {option.key.removeprefix("compress."): option for option in found}


def test_every_option_on_offer_is_understood_when_it_is_chosen() -> None:
    settings = Settings(presets={"small": Preset(label="Small", height_px=360)})
    wishes = {name: preset.wish for name, preset in settings.presets.items()}
    typed = {InputKind.SIZE: "9000000", InputKind.TIME_RANGE: "1-2"}
    for kind in (ChoiceKind.VIDEO, ChoiceKind.AUDIO, ChoiceKind.IMAGE):
        options = menu(replace(FILM, kind=kind, codec=None), settings=settings)
        assert options
        for option in options.values():
            for value in option.values or (typed.get(option.input),):
                of_steps([Step(key=option.key, input=value)], wishes)


def test_a_film_that_is_too_large_for_the_chat_is_offered_to_fit_first() -> None:
    first = next(iter(menu().values()))
    assert first.key == f"compress.fit.{50 * MB}"
    assert first.size_bytes is not None
    assert 45 * MB < first.size_bytes <= 50 * MB
    assert first.time_s is not None
    assert first.time_s > 10


def test_sizes_above_the_film_are_not_offered() -> None:
    names = set(menu(replace(FILM, size_bytes=30 * MB)))
    assert f"fit.{20 * MB}" in names
    assert f"fit.{50 * MB}" not in names
    assert "fit" in names


def test_only_lower_resolutions_are_offered() -> None:
    assert {name for name in menu(replace(FILM, height_px=480)) if name.startswith("height")} == {
        "height.360",
        "height.240",
    }


def test_what_would_change_nothing_is_not_offered() -> None:
    assert "phone" not in menu()
    assert "phone" in menu(replace(FILM, codec="vp9", container="webm"))
    assert "sound.m4a" not in menu(Choice(kind=ChoiceKind.AUDIO, container="m4a", codec="aac", size_bytes=MB))
    pictures = menu(Choice(kind=ChoiceKind.IMAGE, container="png", size_bytes=MB))
    assert {name for name in pictures if name.startswith("picture")} == {"picture.jpeg", "picture.webp"}


def test_a_film_of_which_nothing_is_known_may_be_made_to_play_everywhere() -> None:
    sent_as_a_file = Choice(kind=ChoiceKind.VIDEO, container="mov", size_bytes=9 * MB)
    names = set(menu(sent_as_a_file, replace(PROBE, duration_s=None)))
    assert names >= {"phone", "height.720"}
    assert "phone" not in menu(replace(sent_as_a_file, height_px=720, width_px=1280))


PHOTO = Choice(kind=ChoiceKind.IMAGE, container="jpg", width_px=960, height_px=1280, size_bytes=200_000)


def test_a_picture_is_offered_smaller_sides_a_size_turning_and_other_kinds() -> None:
    options = menu(PHOTO)
    assert list(options) == ["picture.png", "picture.webp", "fit", "turn", "height.720", "height.480", "height.240"]
    assert options["height.720"].label.params["what"] == text("compress-side", width=720, height=960)
    assert not [name for name in menu(replace(PHOTO, width_px=None)) if name.startswith("height")]
    assert options["fit"].group is None, "nothing else would be on that screen"


def test_the_size_of_a_picture_is_told_about_where_its_own_is_known() -> None:
    options, unknown = menu(PHOTO), menu(replace(PHOTO, width_px=None, height_px=None))
    sizes = {name: option.size_bytes for name, option in options.items()}
    assert 60_000 < (sizes["picture.webp"] or 0) < 180_000
    assert 400_000 < (sizes["picture.png"] or 0) < 1_200_000
    assert 120_000 < (sizes["height.720"] or 0) < 180_000, "more than the 112 500 that its pixels alone would take"
    assert "≈" in Texts.load(catalogues_of(CoreSettings())).render(options["picture.webp"].label, "en")
    assert {option.size_bytes for option in unknown.values()} == {None}


def test_an_upright_film_costs_what_its_sides_say() -> None:
    square = menu(replace(FILM, height_px=720, width_px=720), replace(PROBE, duration_s=20.0))
    wide = menu(replace(FILM, height_px=720, width_px=1280), replace(PROBE, duration_s=20.0))
    assert (square["height.480"].size_bytes or 0) < (wide["height.480"].size_bytes or 0)
    assert (square["height.480"].time_s or 0) < (wide["height.480"].time_s or 0)


def test_a_song_says_its_bitrate_by_its_size_and_its_kind_by_its_name() -> None:
    song = Choice(kind=ChoiceKind.AUDIO, container="mp3", size_bytes=7_200_000)
    assert menu(song)["kbps"].values == ("128", "96", "64", "32")
    take = menu(replace(song, container="wav", size_bytes=26 * MB))
    assert set(take) >= {"sound.flac", "sound.opus", "sound.mp3"}
    assert "sound.wav" not in take
    assert menu(song)["fit"].group is None, "nothing else would be on that screen"


def test_a_long_film_is_no_animation_but_can_begin_a_round_one() -> None:
    assert "animation" not in menu()
    assert "note" in menu()
    assert "animation" in menu(probe=replace(PROBE, duration_s=20.0))


def test_sound_has_no_picture_options() -> None:
    names = set(menu(Choice(kind=ChoiceKind.AUDIO, container="mp3", codec="mp3", size_bytes=5 * MB)))
    assert names >= {"sound.m4a", "sound.voice", "cut", "fit"}
    assert not {name for name in names if name.startswith(("height", "note", "animation", "mute", "phone"))}


@pytest.mark.parametrize("container", ["gif", "mp4"])
def test_an_animation_has_nothing_to_do_with_sound(container: str) -> None:
    moving = Choice(kind=ChoiceKind.VIDEO, height_px=360, silent=True, container=container, size_bytes=5 * MB)
    names = set(menu(moving, replace(PROBE, duration_s=10.0)))
    assert names >= {"fit", "height.240", "cut"}
    assert not {name for name in names if name.startswith(("sound", "mute"))}
    assert ("animation" in names) is (container == "gif")


def test_only_a_bitrate_below_that_of_the_sound_is_offered() -> None:
    song = Choice(kind=ChoiceKind.AUDIO, container="m4a", codec="aac", bitrate_kbps=128, size_bytes=5 * MB)
    assert menu(song)["kbps"].values == ("96", "64", "32")
    assert "kbps" not in menu(replace(song, bitrate_kbps=32))


def test_what_is_unknown_is_not_guessed_on_the_button() -> None:
    unknown = menu(replace(FILM, size_bytes=None), probe=replace(PROBE, duration_s=None))
    assert {option.size_bytes for option in unknown.values()} == {None}
    assert {option.time_s for option in unknown.values()} == {None}
    endless = menu(replace(FILM, width_px=1920), replace(PROBE, duration_s=None))
    assert {(option.size_bytes, option.time_s) for option in endless.values()} == {(None, None)}


def test_over_the_operators_limits_the_reason_is_all_that_is_offered() -> None:
    long = menu(settings=Settings(max_duration_s=60))
    large = menu(settings=Settings.model_validate({"max_input": "1MB"}))
    assert {name: option.why_not for name, option in long.items()} == {"too_much": text("compress-too-long", limit=60)}
    assert [option.why_not for option in large.values()] == [text("compress-too-large", limit=MB)]
    assert {option.why_not for option in menu().values()} == {None}


def test_nothing_is_offered_for_a_file_of_unknown_kind() -> None:
    assert menu(Choice(kind=ChoiceKind.FILE)) == {}


def test_a_choice_among_sizes_or_sounds_is_one_and_edits_add_up() -> None:
    options = menu()
    assert options["sound.mp3"].alone
    assert options["height.720"].alone
    assert not options["mute"].alone
    groups = {option.group.key for option in options.values() if option.group is not None}
    assert len(groups) == 5
    for group in groups:
        inside = [option for option in options.values() if option.group is not None and option.group.key == group]
        assert len(inside) <= 10, "a screen of a phone"


def test_cutting_comes_before_changing_and_sizes_come_last() -> None:
    options = menu()
    assert options["cut"].order < options["height.720"].order < options["sound.mp3"].order < options["fit"].order


@pytest.mark.parametrize("kind", [ChoiceKind.VIDEO, ChoiceKind.AUDIO, ChoiceKind.IMAGE])
def test_labels_say_size_and_time_and_fit_a_button(kind: ChoiceKind) -> None:
    texts = Texts.load(catalogues_of(CoreSettings()))
    for option in menu(replace(FILM, kind=kind, codec=None)).values():
        label = texts.render(option.label, "en")
        assert len(label) <= 44, label
        assert "compress-" not in label
        assert "+0:00" not in label, "a blink is told as a second"
        assert not label[0].isascii()
        if option.size_bytes:
            assert "B" in label
            assert "+" in label


def test_the_operators_presets_are_offered_by_their_names() -> None:
    settings = Settings.model_validate({"presets": {"clip": {"label": "For the family", "max_size": "16MB"}}})
    texts = Texts.load(catalogues_of(CoreSettings()))
    assert "For the family" in texts.render(menu(settings=settings)["preset.clip"].label, "en")


@pytest.mark.parametrize(
    ("preset", "kinds"),
    [
        ({"max_size": "4MB"}, {"film", "song", "picture"}),
        ({"height_px": 240}, {"film", "picture"}),
        ({"turn_deg": 90}, {"film", "picture"}),
        ({"sound": "mp3"}, {"film", "song"}),
        ({"audio_kbps": 32}, {"film", "song"}),
        ({"mute": True}, {"film"}),
        ({"form": "note", "max_size": "4MB"}, {"film"}),
        ({"picture": "webp", "height_px": 480}, {"picture"}),
        ({"codec": "hevc", "audio_kbps": 64}, {"film"}),
    ],
)
def test_a_preset_is_offered_for_what_all_of_it_makes_sense_for(preset: dict[str, object], kinds: set[str]) -> None:
    settings = Settings.model_validate({"presets": {"p": {"label": "P", **preset}}})
    song = Choice(kind=ChoiceKind.AUDIO, container="m4a", codec="aac", bitrate_kbps=128, size_bytes=5 * MB)
    choices = {"film": FILM, "song": song, "picture": replace(PHOTO, size_bytes=9 * MB)}
    assert {name for name, choice in choices.items() if "preset.p" in menu(choice, settings=settings)} == kinds


def test_the_menu_has_the_usual_first_and_resolutions_from_large_to_small() -> None:
    names = [name for name, _ in sorted(menu().items(), key=lambda item: item[1].order)]
    assert [name for name in names if name.startswith("height")] == [
        "height.720",
        "height.480",
        "height.360",
        "height.240",
    ]
    assert names.index("sound.mp3") < names.index("sound.flac")
    assert names.index(f"fit.{50 * MB}") < names.index("fit") < names.index("smaller.hevc")
