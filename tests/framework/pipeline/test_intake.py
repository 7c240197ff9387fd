"""The interactive half of the route, over a real database."""

from __future__ import annotations

import pytest

from fetchgram.api import Chat, Choice, ChoiceKind, ContentUnavailable, Link, Probe, Reason

from .conftest import BOT, MB, PERSON, Bench


async def test_the_sound_alone_is_not_called_the_best_of_a_film_that_is_too_large(bench: Bench) -> None:
    bench.site.choices = (
        Choice(kind=ChoiceKind.VIDEO, height_px=2160, size_bytes=900 * MB),
        Choice(kind=ChoiceKind.AUDIO, size_bytes=1 * MB),
    )
    menu = await bench.route.intake.menu((await bench.wish()).id)
    assert [row.route for row in menu.rows] == [None, "small"]
    assert menu.best is None


async def test_a_failed_look_remembers_whose_link_it_was(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(_link: Link) -> Probe:
        raise ContentUnavailable(Reason.GONE)

    monkeypatch.setattr(bench.route.intake._hooks, "probe", gone)
    destination = Chat(bot_id=BOT, chat=PERSON.id)
    request, _ = await bench.route.intake.accept(
        key="k", person=PERSON, destination=destination, url="https://fake/one"
    )
    with pytest.raises(ContentUnavailable):
        await bench.route.intake.look(request)
    failed = await bench.route.intake.request(request.id)
    assert failed.link is not None
    assert failed.link.plugin == "fake"
