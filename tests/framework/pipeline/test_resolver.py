from __future__ import annotations

import pytest

from fetchgram.errors import ContentUnavailable, TooLarge
from fetchgram.model import Choice, ChoiceKind, MediaKind, Route
from fetchgram.pipeline.menu import Ways
from fetchgram.pipeline.resolver import nearest

MB = 1_000_000
WAYS = Ways((Route(plugin="p", name="small", order=1, max_bytes={kind.value: 50 * MB for kind in MediaKind}),))


def video(height_px: int, size_bytes: int | None = None, **more: object) -> Choice:
    return Choice(kind=ChoiceKind.VIDEO, height_px=height_px, size_bytes=size_bytes, **more)  # type: ignore[arg-type]  # fields


def up_to(height_px: int | None) -> Choice:
    return Choice(kind=ChoiceKind.VIDEO, height_px=height_px, at_most=True)


LADDER = (video(2160), video(1080), video(720), video(360), Choice(kind=ChoiceKind.AUDIO))
PICTURE = Choice(kind=ChoiceKind.IMAGE)


@pytest.mark.parametrize(("wish", "height_px"), [(1080, 1080), (1000, 720), (480, 360), (144, 360), (None, 2160)])
def test_the_nearest_height_not_above_the_wish_is_taken_and_the_lowest_where_all_are_above(
    wish: int | None, height_px: int
) -> None:
    assert nearest(LADDER, up_to(wish), WAYS).height_px == height_px


def test_what_cannot_be_sent_gives_way_to_the_next_lower() -> None:
    choices = (video(1080, 400 * MB), video(720, 60 * MB), video(480, 30 * MB))
    assert nearest(choices, up_to(1080), WAYS).height_px == 480


def test_nothing_small_enough_is_told_with_the_least_size() -> None:
    with pytest.raises(TooLarge) as caught:
        nearest((video(1080, 400 * MB), video(720, 60 * MB)), up_to(1080), WAYS)
    assert (caught.value.size_bytes, caught.value.limit_bytes) == (60 * MB, 50 * MB)


def test_of_equal_heights_the_first_is_the_best() -> None:
    assert nearest((video(720, codec="h264"), video(720, codec="av1")), up_to(720), WAYS).codec == "h264"


def test_who_names_no_height_gets_the_best_that_plays_everywhere() -> None:
    choices = (video(2160, codec="vp9"), video(1080, codec="h264"), video(720, codec="h264"))
    assert nearest(choices, up_to(None), WAYS).height_px == 1080
    assert nearest(choices, up_to(2160), WAYS).height_px == 2160
    assert nearest(choices[:1], up_to(None), WAYS).height_px == 2160


def test_a_picture_in_a_list_of_videos_is_taken_as_it_is() -> None:
    assert nearest((PICTURE,), up_to(720), WAYS) == PICTURE


def test_sound_is_sound_or_nothing() -> None:
    wish = Choice(kind=ChoiceKind.AUDIO, at_most=True)
    assert nearest(LADDER, wish, WAYS).kind is ChoiceKind.AUDIO
    with pytest.raises(ContentUnavailable) as caught:
        nearest((PICTURE,), wish, WAYS)
    assert caught.value.text.key == "error-no-sound"


def test_what_would_come_in_parts_is_taken_only_where_nothing_comes_whole() -> None:
    parts = Route(plugin="p", name="split", order=9, max_bytes={"video": 1000 * MB})
    ways = Ways((*WAYS.routes, parts))
    assert nearest((video(1080, 400 * MB), video(720, 40 * MB)), up_to(1080), ways).height_px == 720
    assert nearest((video(1080, 400 * MB), video(720, 60 * MB)), up_to(1080), ways).height_px == 1080
