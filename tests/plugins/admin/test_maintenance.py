from __future__ import annotations

from typing import TYPE_CHECKING

from fetchgram.api import Role, Show

if TYPE_CHECKING:
    from .conftest import Admin


async def opens(admin: Admin, *labels: str) -> None:
    await admin.says("admin")
    for label in ("Maintenance", *labels):
        await admin.taps(label)


async def test_closing_asks_for_words_and_shows_them(admin: Admin) -> None:
    await opens(admin, "Close")
    assert "Nothing new is taken" in admin.reads
    await admin.answers("Back at noon.")
    assert "They read: “Back at noon.”" in admin.reads
    await admin.taps("Open")
    assert "Links are taken." in admin.reads


async def test_the_log_level_is_a_row_of_buttons(admin: Admin) -> None:
    await opens(admin, "Log level", "warning")
    assert "Log level: warning" in admin.reads
    await admin.taps("Back to the configuration")
    assert "Log level: info" in admin.reads


async def test_what_cannot_be_undone_is_asked_once_more(admin: Admin) -> None:
    await opens(admin, "Empty the cache")
    assert "Empty the cache?" in admin.reads
    await admin.taps("Empty the cache")
    assert "0 files were forgotten" in admin.reads
    await opens(admin, "Restart")
    assert "Restart the bot?" in admin.reads


async def test_cleaning_up_says_what_went(admin: Admin) -> None:
    await opens(admin, "Clean up")
    assert "Cleaned up: 0 things are gone." in admin.reads


async def test_a_backup_and_a_table_come_as_files(admin: Admin) -> None:
    await opens(admin, "Copy")
    assert admin.screen.media is not None
    assert admin.screen.media.path.read_bytes().startswith(b"SQLite format 3")
    await opens(admin, "Tables", "people")
    assert admin.screen.media is not None
    assert admin.screen.media.path.suffix == ".csv"


async def test_a_viewer_sees_the_state_and_an_admin_gets_no_file(admin: Admin) -> None:
    viewer, helper = await admin.become(Role.VIEWER), await admin.become(Role.ADMIN, 61)
    await opens(viewer)
    assert viewer.labels == ["⬅️ Back"]
    await opens(helper)
    assert not {"💾 Copy", "📄 Tables"} & set(helper.labels)


async def test_health_shows_every_light_with_its_threshold(admin: Admin) -> None:
    await admin.says("health")
    assert "🟢 loop: a tap waits" in admin.reads
    assert "red from" in admin.reads
    await admin.taps("Look again")
    assert admin.screen.show is Show.EDIT
    assert "🟢 loop" in admin.reads
