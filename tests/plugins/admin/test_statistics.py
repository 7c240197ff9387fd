from __future__ import annotations

from typing import TYPE_CHECKING

from fetchgram.api import Role

if TYPE_CHECKING:
    from .conftest import Admin


async def test_a_viewer_sees_how_much_the_bot_is_used(admin: Admin) -> None:
    viewer = await admin.become(Role.VIEWER)
    await viewer.says("admin")
    await viewer.taps("Statistics")
    assert "here in the last 24 hours: 1, 7 days: 1, 30 days: 1" in viewer.reads
    assert "0 came, 0 failed, 0 taken back" in viewer.reads
    assert "went well" not in viewer.reads
