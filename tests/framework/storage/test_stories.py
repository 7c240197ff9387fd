from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fetchgram.model.failures import FailureGroup, Story
from fetchgram.storage import Session, Storage

if TYPE_CHECKING:
    from tests.framework.storage.conftest import StoppedClock


def story(
    number: str, session: Session, *, plugin: str = "youtube", reason: str = "error-gone", ago_h: float = 0
) -> Story:
    at = session.now - timedelta(hours=ago_h)
    return Story(number=number, at=at, kind="job", plugin=plugin, reason=reason, error="ContentUnavailable: gone")


async def test_a_story_is_read_as_it_was_told(session: Session) -> None:
    told = Story(
        number="7KQ2MD",
        at=session.now,
        kind="delivery",
        plugin="youtube",
        reason="error-gone",
        error="ContentUnavailable: gone",
        traceback="Traceback …",
        log=["one", "two"],
        versions={"fetchgram": "0.1.0"},
        stage="deliver",
        bot_id=1,
        person=7,
        request_id=3,
        job_id=4,
        url="https://site.test/m1",
        title="A film",
    )
    await session.stories.add(told)
    assert await session.stories.get("7KQ2MD") == told
    assert await session.stories.get("XXXXXX") is None


async def test_a_number_that_is_drawn_twice_tells_of_the_newer_failure(session: Session) -> None:
    await session.stories.add(story("A", session, reason="error-gone"))
    await session.stories.add(story("A", session, reason="error-age"))
    found = await session.stories.get("A")
    assert found is not None
    assert found.reason == "error-age"


async def test_groups_count_today_and_yesterday_what_fails_most_first(session: Session) -> None:
    for number, ago_h in enumerate((0, 1, 25, 49)):
        await session.stories.add(story(f"G{number}", session, ago_h=ago_h))
    await session.stories.add(story("A", session, reason="error-age", ago_h=30))
    await session.stories.add(story("B", session, plugin="instagram"))
    gone, other, age = await session.stories.groups(9)
    assert gone == FailureGroup(
        plugin="youtube", reason="error-gone", today=2, yesterday=1, last_at=session.now, last_number="G0"
    )
    assert (other.plugin, other.today, age.reason, age.today, age.yesterday) == ("instagram", 1, "error-age", 0, 1)


async def test_the_failures_of_a_kind_are_read_page_by_page(session: Session) -> None:
    for number in range(5):
        await session.stories.add(story(f"N{number}", session, ago_h=number // 2))
    await session.stories.add(story("X", session, reason="error-age"))
    seen: list[str] = []
    before = None
    while page := await session.stories.of("youtube", "error-gone", 2, before=before):
        seen += [line.number for line in page]
        before = (page[-1].at, page[-1].number)
    assert seen == ["N1", "N0", "N3", "N2", "N4"]


async def test_old_stories_are_forgotten(storage: Storage, clock: StoppedClock) -> None:
    async with storage.write() as session:
        await session.stories.add(story("OLD", session))
    clock.pass_(86_400)
    async with storage.write() as session:
        await session.stories.add(story("NEW", session))
        assert await session.stories.prune(session.now - timedelta(hours=1), 9) == 1
        assert await session.stories.get("OLD") is None
        assert await session.stories.get("NEW") is not None
