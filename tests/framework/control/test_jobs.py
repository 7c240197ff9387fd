from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest

from fetchgram.control.controls import BoundControl, Controls
from fetchgram.errors import FetchgramError, NotAllowed
from fetchgram.model import Chat, Choice, ChoiceKind, JobState, Link, LinkKind, Person, Recipe, Role
from fetchgram.pipeline.commands import CANCEL, RETRY
from fetchgram.storage import Storage

Become: TypeAlias = Callable[..., Awaitable[BoundControl]]
OWNER = Person(bot_id=1, id=1, first_name="Olga")
EVE = Person(bot_id=1, id=7, first_name="Eve")
LINK = Link(plugin="site", kind=LinkKind.VIDEO, media_id="m", url="https://site.test/m?key=hunter2")
RECIPE = Recipe(choice=Choice(kind=ChoiceKind.VIDEO, height_px=720))


@pytest.fixture
def owner(controls: Controls) -> BoundControl:
    return controls.of_person(OWNER, Role.OWNER)


async def job(storage: Storage, name: str, *people: int) -> int:
    async with storage.write() as session:
        await session.people.seen(EVE)
        for person in people or (EVE.id,):
            chat = Chat(bot_id=1, chat=person)
            request, _ = await session.requests.accept(f"{name}{person}", 1, person, chat, "en", LINK.url)
            made, *_ = await session.jobs.join_or_create(
                name, LINK, RECIPE, f"Film {name}", request.id, 0, chat, str(person), 1.0
            )
    return made.id


async def commands(storage: Storage) -> list[tuple[str, object]]:
    async with storage.write() as session:
        return [(command.name, command.args) for command in await session.commands.take(9)]


async def test_the_line_says_whose_and_how_many_and_turns_its_pages(owner: BoundControl, storage: Storage) -> None:
    first = await job(storage, "a", EVE.id, 8, 9)
    rest = [await job(storage, name, 100 + number) for number, name in enumerate("bcd")]
    async with storage.write() as session:
        await session.jobs.claim("w", 30, running_limit=9)
    page = await owner.jobs.page(limit=2)
    assert (page.running, page.waiting, [line.id for line in page.jobs]) == (1, 3, [first, rest[0]])
    line = page.jobs[0]
    assert (line.state, line.person_name, line.others, line.title) == (JobState.RUNNING, "Eve", 2, "Film a")
    assert page.jobs[1].person_name == "100"
    after = await owner.jobs.page(after=page.after, limit=2)
    assert ([line.id for line in after.jobs], after.after) == (rest[1:], None)


async def test_a_card_shows_everything_but_secrets(owner: BoundControl, storage: Storage) -> None:
    id_ = await job(storage, "a", EVE.id, 8)
    card = await owner.jobs.card(id_)
    assert card is not None
    assert (card.url, card.choice, card.plugin) == ("https://site.test/m?…", "video 720p", "site")
    assert card.people == [(EVE.id, "Eve"), (8, "")]
    assert await owner.jobs.card(999) is None


async def test_stopping_and_running_again_are_commands_that_are_written_down(
    owner: BoundControl, storage: Storage
) -> None:
    id_ = await job(storage, "a")
    await owner.jobs.cancel(id_)
    assert await commands(storage) == [(CANCEL, {"job": id_})]
    async with storage.write() as session:
        await session.jobs.cancel(id_)
    await owner.jobs.retry(id_)
    assert await commands(storage) == [(RETRY, {"job": id_})]
    assert [entry.action for entry in await owner.audit.page()] == ["job.retry", "job.cancel"]


async def test_what_has_gone_on_meanwhile_is_told_and_nothing_is_written_down(
    owner: BoundControl, storage: Storage
) -> None:
    id_ = await job(storage, "a")
    for change in (owner.jobs.retry(id_), owner.jobs.cancel(999), owner.jobs.to_front(999)):
        with pytest.raises(FetchgramError) as refused:
            await change
        assert refused.value.text.key == "control-job-too-late"
    assert await commands(storage) == []
    assert await owner.audit.page() == []


async def test_a_job_is_moved_to_the_front(owner: BoundControl, storage: Storage) -> None:
    ids = [await job(storage, name, 100 + number) for number, name in enumerate("abc")]
    await owner.jobs.to_front(ids[2])
    assert [line.id for line in (await owner.jobs.page()).jobs] == [ids[2], ids[0], ids[1]]


async def test_a_viewer_looks_and_changes_nothing(as_role: Become, storage: Storage) -> None:
    viewer, id_ = await as_role(Role.VIEWER), await job(storage, "a")
    assert len((await viewer.jobs.page()).jobs) == 1
    assert await viewer.failures.groups() == []
    for change in (viewer.jobs.retry(id_), viewer.jobs.cancel(id_), viewer.jobs.to_front(id_)):
        with pytest.raises(NotAllowed):
            await change


async def test_another_bots_people_are_not_in_the_stories(controls: Controls, storage: Storage) -> None:
    from fetchgram.model.failures import Story  # noqa: PLC0415  # this test alone

    async with storage.write() as session:
        for number, bot_id in (("MINE22", 1), ("THEIRS", 2), ("ALL222", 0)):
            at = session.now
            told = Story(number=number, at=at, kind="job", plugin="p", reason="r", error="e", bot_id=bot_id, person=7)
            await session.stories.add(told)
        await session.people.seen(EVE)
    control = controls.of_person(OWNER, Role.OWNER)
    mine = await control.failures.story("mine22")
    assert mine is not None
    assert mine.person_name == "Eve"
    assert await control.failures.story("THEIRS") is None
    assert await control.failures.story("ALL222") is not None
    assert await control.failures.story("nothing") is None
