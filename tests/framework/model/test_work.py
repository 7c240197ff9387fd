from __future__ import annotations

import pytest

from fetchgram.model import DeliveryState, JobState, MediaKind, RequestState, Role, Route, text


def test_each_role_includes_those_before_it_only() -> None:
    roles = list(Role)
    for place, role in enumerate(roles):
        assert [role.includes(other) for other in roles] == [index <= place for index in range(len(roles))]


@pytest.mark.parametrize(
    ("states", "going_on"),
    [
        (RequestState, {"probing", "choosing", "working"}),
        (JobState, {"queued", "running", "waiting"}),
        (DeliveryState, {"waiting", "sending"}),
    ],
)
def test_what_has_ended_is_what_nothing_happens_to_any_more(
    states: type[RequestState | JobState | DeliveryState], going_on: set[str]
) -> None:
    assert {str(state) for state in states if not state.ended} == going_on


def test_a_route_takes_what_fits_while_it_is_up() -> None:
    route = Route(plugin="p", name="botapi", order=1, max_bytes={"video": 50})
    assert route.takes(MediaKind.VIDEO, 50)
    assert route.takes(MediaKind.VIDEO, None)
    assert not route.takes(MediaKind.VIDEO, 51)
    assert not route.takes(MediaKind.PHOTO, 1)
    down = Route(plugin="p", name="botapi", order=1, max_bytes={"video": 50}, down=text("route-down"))
    assert not down.takes(MediaKind.VIDEO, 1)
