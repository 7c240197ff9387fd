from __future__ import annotations

from typing import TYPE_CHECKING

from fetchgram.api import Json, Person, Role

if TYPE_CHECKING:
    from .conftest import Admin


async def changes(admin: Admin, count: int) -> None:
    async with admin.storage.write() as session:
        for number in range(count):
            await session.audit.add(1, "1", f"change.{number}", "", {"n": number}, {"n": number + 1})


async def test_nothing_changed_is_said(admin: Admin) -> None:
    await admin.says("audit")
    assert "Nobody has changed anything yet." in admin.reads


async def test_a_change_reads_as_who_what_to_whom_and_what_differs(admin: Admin) -> None:
    async with admin.storage.write() as session:
        await session.people.seen(Person(bot_id=1, id=1, first_name="Olga"))
        await session.people.seen(Person(bot_id=1, id=42, first_name="Mallory"))
        before: dict[str, Json] = {"banned": False, "ban_reason": None, "same": 1}
        after: dict[str, Json] = {"banned": True, "ban_reason": "spam " * 40, "same": 1, "roles": ["a", "b"]}
        await session.audit.add(1, "1", "person.ban", "person:42", before, after)
    await admin.says("audit")
    assert "· Olga\nperson.ban → Mallory\n" in admin.reads
    assert "banned: ✗ → ✓" in admin.reads
    assert "ban reason: – → spam spam" in admin.reads
    assert "…" in admin.reads
    assert "roles: – → a, b" in admin.reads
    assert "same" not in admin.reads


async def test_a_change_of_one_value_needs_no_name(admin: Admin) -> None:
    async with admin.storage.write() as session:
        await session.audit.add(0, "system:report", "limits.running", "", 3, 5)
    await admin.says("audit")
    assert "system:report\nlimits.running\n\u20033 → 5" in admin.reads


async def test_pages_turn_to_the_oldest_and_back(admin: Admin) -> None:
    await changes(admin, 15)
    await admin.says("audit")
    assert ["change.14" in admin.reads, "change.8" in admin.reads] == [True, False]
    await admin.taps("Older")
    assert ["change.8" in admin.reads, "change.2" in admin.reads] == [True, False]
    await admin.taps("Older")
    assert "change.0" in admin.reads
    assert not any("Older" in label for label in admin.labels)
    await admin.taps("Newer")
    await admin.taps("Newer")
    assert "change.14" in admin.reads
    assert not any("Newer" in label for label in admin.labels)


async def test_a_viewer_may_read_it(admin: Admin) -> None:
    viewer = await admin.become(Role.VIEWER)
    await viewer.says("audit")
    assert "Audit log" in viewer.reads
