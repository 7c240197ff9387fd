from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fetchgram.api import Person, Story

if TYPE_CHECKING:
    from .conftest import Admin


async def failures(admin: Admin, count: int = 1, *, reason: str = "error-gone", ago_h: float = 0) -> None:
    async with admin.storage.write() as session:
        await session.people.seen(Person(bot_id=1, id=42, first_name="Eve"))
        for number in range(count):
            told = Story(
                number=f"{reason[-2:].upper()}{number:03}",
                at=session.now - timedelta(hours=ago_h, seconds=number),
                kind="job",
                plugin="youtube",
                reason=reason,
                error="ContentUnavailable: the site said 404",
                traceback="\n".join(f"line {n}" for n in range(40)),
                log=["12:00:00 info job.started attempt=1"],
                versions={"fetchgram": "0.1.0", "yt-dlp": "2026.10.26"},
                stage="download",
                bot_id=1,
                person=42,
                job_id=7,
                title="A film",
                url="https://site.test/m",
            )
            await session.stories.add(told)


async def test_groups_say_what_fails_more_and_what_fails_less(admin: Admin) -> None:
    await failures(admin, 3)
    await failures(admin, 1, reason="error-age", ago_h=30)
    await admin.says("admin")
    await admin.taps("Failures")
    assert admin.labels[:2] == ["📈 youtube · gone: 3 (before: 0)", "📉 youtube · age: 0 (before: 1)"]


async def test_nothing_failed_is_said(admin: Admin) -> None:
    await admin.does("failures")
    assert "Nothing has failed in the last two days." in admin.reads


async def test_a_group_leads_to_its_numbers_and_each_to_the_whole_story(admin: Admin) -> None:
    await failures(admin, 11)
    await admin.does("failures")
    await admin.taps("gone: 11")
    await admin.taps("Older")
    assert [label[:5] for label in admin.labels[:3]] == ["NE008", "NE009", "NE010"]
    await admin.taps("NE010")
    for part in (
        "NE010 · a job that failed",
        "youtube · download",
        "Reason: error-gone",
        "Eve 42",
        "A film\nhttps://site.test/m",
        "fetchgram 0.1.0, yt-dlp 2026.10.26",
        "ContentUnavailable: the site said 404",
        "line 0\nline 1\nline 2\n…\n",
        "line 39",
        "12:00:00 info job.started attempt=1",
    ):
        assert part in admin.reads
    assert "line 20" not in admin.reads
    await admin.taps("The person")
    assert "Eve · no role" in admin.reads


async def test_a_number_is_looked_up_by_command_or_question(admin: Admin) -> None:
    await failures(admin)
    await admin.says("error", "ne000")
    assert "NE000 · a job that failed" in admin.reads
    await admin.says("error")
    await admin.taps("Look up a number")
    await admin.answers("QQQQQQ")
    assert "There is no failure with the number “QQQQQQ”" in admin.reads
    await admin.taps("Look up a number")
    await admin.answers("NE000")
    await admin.taps("Others of this kind")
    assert "youtube · error-gone" in admin.reads
