from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fetchgram.api import Chat, Choice, ChoiceKind, FetchgramError, Link, LinkKind, Person, Recipe, Role

if TYPE_CHECKING:
    from .conftest import Admin

LINK = Link(plugin="site", kind=LinkKind.VIDEO, media_id="m", url="https://site.test/m")
RECIPE = Recipe(choice=Choice(kind=ChoiceKind.VIDEO, height_px=720))


async def jobs(admin: Admin, count: int) -> None:
    async with admin.storage.write() as session:
        for number in range(count):
            person = 100 + number
            await session.people.seen(Person(bot_id=1, id=person, first_name=f"P{person}"))
            chat = Chat(bot_id=1, chat=person)
            request, _ = await session.requests.accept(f"k{number}", 1, person, chat, "en", LINK.url)
            await session.jobs.join_or_create(
                f"f{number}", LINK, RECIPE, f"Film {number}", request.id, 0, chat, str(person), 1.0
            )


async def test_the_line_shows_who_is_at_work_and_who_is_next(admin: Admin) -> None:
    await jobs(admin, 10)
    async with admin.storage.write() as session:
        await session.jobs.claim("w", 30, running_limit=9)
    await admin.says("admin")
    await admin.taps("Jobs")
    assert "at work: 1 · waiting: 9" in admin.reads
    assert admin.labels[0].startswith("▶️ Film 0 · site · P100 · downloading ")
    assert admin.labels[1].startswith("⏳ Film 1 · site · P101 · ")
    assert admin.screen.live is not None, "the head of the line keeps itself up to date"
    assert (await admin.taps("Further")).live is None
    assert admin.labels[0].startswith("⏳ Film 8")
    await admin.taps("To the front")
    assert admin.labels[0].startswith("▶️ Film 0")


async def test_an_empty_line_is_not_looked_at_again_and_again(admin: Admin) -> None:
    await admin.does("jobs")
    assert admin.screen.live is None


async def test_a_job_is_moved_stopped_and_run_again(admin: Admin) -> None:
    await jobs(admin, 3)
    await admin.does("jobs")
    await admin.taps("Film 2")
    for part in (
        "Job 3: Film 2",
        "State: waits for its turn (downloading), try 0",
        "site · video 720p · since ",
        "P102",
    ):
        assert part in admin.reads
    await admin.taps("⏫ Next")
    assert "✅ It is the next one." in admin.reads
    await admin.taps("Stop")
    assert "✅ It stops now." in admin.reads
    async with admin.storage.write() as session:
        assert [command.name for command in await session.commands.take(9)] == ["job.cancel"]
        await session.jobs.cancel(3)
    await admin.taps("Refresh")
    assert "State: stopped" in admin.reads
    await admin.taps("Run again")
    assert "✅ It is run again." in admin.reads
    await admin.taps("Back")
    assert "waiting: 2" in admin.reads


async def test_a_button_that_came_too_late_says_so(admin: Admin) -> None:
    await jobs(admin, 1)
    with pytest.raises(FetchgramError) as refused:
        await admin.does("jobs.retry", {"job": 1})
    assert refused.value.text.key == "control-job-too-late"


async def test_a_job_that_is_forgotten_is_said_to_be(admin: Admin) -> None:
    await admin.does("jobs.card", {"job": 9})
    assert "There is no job 9 any more." in admin.reads


async def test_a_viewer_has_no_buttons_that_change_anything(admin: Admin) -> None:
    await jobs(admin, 1)
    viewer = await admin.become(Role.VIEWER)
    await viewer.does("jobs.card", {"job": 1})
    assert viewer.labels == ["🔄 Refresh", "⬅️ Back"]
