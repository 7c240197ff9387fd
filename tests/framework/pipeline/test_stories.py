from __future__ import annotations

import pytest
import structlog

from fetchgram.api import CannotDeliver, ContentUnavailable, Person, RequestState, Role, WorkerFailed
from fetchgram.logs import Recent
from fetchgram.model.failures import Story
from fetchgram.pipeline.stories import clean

from .conftest import BOT, Bench

OWNER = Person(bot_id=BOT, id=99)
TOKEN = "123456789:AAF-abcdefghijklmnopqrstuvwxyz_0123"
SIGNED = "https://cdn.example/film.mp4?sig=hunter2&exp=9"


async def story(bench: Bench, number: str | None) -> Story:
    async with bench.storage.read() as session:
        found = await session.stories.get(number or "")
    assert found is not None
    return found


def test_secrets_are_taken_out_of_what_is_kept() -> None:
    said = clean(f"GET {SIGNED} by http://ada:hunter2@proxy:8080 for bot{TOKEN} at https://site.test/a?b#c")
    assert "hunter2" not in said
    assert TOKEN not in said
    assert "https://cdn.example/film.mp4?…" in said
    assert "https://site.test/a?…" in said


async def test_a_job_that_failed_has_its_story_under_the_number_that_was_told(bench: Bench) -> None:
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, Recent(), structlog.processors.JSONRenderer()]
    )

    def broken(_workdir: object, _sink: object) -> None:
        raise RuntimeError(f"no luck with {SIGNED}")

    bench.site.on_download = broken
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    (failed,) = await bench.run_until_ended(request.id)
    found = await story(bench, failed.error_number)
    assert (found.kind, found.plugin, found.stage, found.title) == ("job", "fake", "download", "A film")
    assert "hunter2" not in repr(found)
    assert "no luck with https://cdn.example/film.mp4?…" in found.error
    assert "no luck" in found.traceback
    assert 'File "fetchgram/pipeline/run.py", line ' in found.traceback
    assert "^^^" not in found.traceback
    assert any("job.started" in line for line in found.log)
    assert any("job.failed" in line for line in found.log)
    assert set(found.versions) >= {"fetchgram", "pydantic"}
    job = await bench.route.intake.job_of(failed)
    assert (found.job_id, found.url) == (job, "https://fake/one")


async def test_a_link_that_came_to_nothing_has_its_story(bench: Bench) -> None:
    def gone(_link: object) -> None:
        raise ContentUnavailable("gone", "it said 404")

    destination = (await bench.wish("https://fake/other", key="other")).destination
    bench.site.on_probe = gone
    request, _ = await bench.route.intake.accept(
        key="k", person=OWNER, destination=destination, url="https://fake/one?token=hunter2"
    )
    with pytest.raises(ContentUnavailable):
        await bench.route.intake.look(request)
    failed = await bench.route.intake.request(request.id)
    assert failed.state is RequestState.FAILED
    found = await story(bench, failed.error_number)
    assert (found.kind, found.plugin, found.reason, found.person) == ("request", "fake", "error-gone", OWNER.id)
    assert (found.error, found.url, found.request_id) == (
        "ContentUnavailable: it said 404",
        "https://fake/one?…",
        request.id,
    )


async def test_what_a_child_said_is_part_of_the_story_and_long_ones_keep_head_and_end(bench: Bench) -> None:
    number = "LONG22"
    request = await bench.wish()
    job_id = await bench.route.intake.job_of(await bench.route.intake.choose(request.id, 0))
    async with bench.storage.read() as session:
        job = await session.jobs.get(job_id)
    assert job is not None
    error = WorkerFailed("KeyError: 'x'", traceback="head " + "x" * 20_000 + " the very end")
    await bench.route.stories.of_job(number, error, job)
    found = await story(bench, number)
    assert len(found.traceback) < 4_000
    assert "KeyError: 'x'" in found.traceback
    assert found.traceback.endswith("the very end")


async def test_a_file_that_could_not_be_sent_tells_whose_it_was(bench: Bench) -> None:
    request = await bench.wish()
    job_id = await bench.route.intake.job_of(await bench.route.intake.choose(request.id, 0))
    async with bench.storage.read() as session:
        job = await session.jobs.get(job_id)
    assert job is not None
    await bench.route.stories.of_delivery("SEND22", CannotDeliver("blocked"), job, request.id)
    found = await story(bench, "SEND22")
    assert (found.kind, found.person, found.request_id, found.job_id) == (
        "delivery",
        request.person,
        request.id,
        job_id,
    )


async def test_a_failed_job_is_looked_up_stopped_and_run_again_by_an_admin(bench: Bench) -> None:
    control = bench.route.controls.of_person(OWNER, Role.OWNER)
    async with bench.storage.write() as session:
        await session.people.set_role(BOT, OWNER.id, Role.ADMIN)
    bench.site.on_download = lambda *_: (_ for _ in ()).throw(ContentUnavailable("gone"))
    request = await bench.wish()
    job_id = await bench.route.intake.job_of(await bench.route.intake.choose(request.id, 0))
    (failed,) = await bench.run_until_ended(request.id)
    (group,) = await control.failures.groups()
    assert (group.plugin, group.reason, group.today) == ("fake", "error-gone", 1)
    assert group.last_number == failed.error_number
    (line,) = await control.failures.lines("fake", "error-gone")
    told = await control.failures.story(f" {line.number.lower()} ")
    assert told is not None
    assert told.job_id == job_id
    bench.site.on_download = None
    await control.jobs.retry(job_id)
    assert await bench.route.commands.carry_out() == 1
    (done,) = await bench.run_until_ended(request.id)
    assert done.state is RequestState.DONE
    entry = (await control.audit.page(limit=1))[0]
    assert (entry.action, entry.target, entry.before, entry.after) == (
        "job.retry",
        f"job:{job_id}",
        {"state": "failed"},
        {"state": "queued"},
    )
