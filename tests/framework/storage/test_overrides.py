from __future__ import annotations

from fetchgram.storage import Session


async def test_the_last_value_of_a_key_holds_until_it_is_dropped(session: Session) -> None:
    assert await session.overrides.get_all() == {}
    await session.overrides.set("plugins.disabled", ["a"])
    await session.overrides.set("plugins.disabled", ["a", "b"])
    await session.overrides.set("limits.running", None)
    assert await session.overrides.get_all() == {"limits.running": None, "plugins.disabled": ["a", "b"]}
    await session.overrides.drop("limits.running")
    assert await session.overrides.get_all() == {"plugins.disabled": ["a", "b"]}
