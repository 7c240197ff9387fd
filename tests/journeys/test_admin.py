"""The panel as those who may open it see it, and as everybody else does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .conftest import Guest

if TYPE_CHECKING:
    from fetchgram_sandbox.live_bot import LiveBot

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


@pytest.fixture
def olga(live: LiveBot) -> Guest:
    """Give the owner whom the configuration names."""
    return Guest(live, live.stage.person)


async def test_the_panel_is_one_message_that_is_edited(olga: Guest) -> None:
    olga.says("/admin")
    panel = await olga.sees("You are an owner")
    await olga.taps(panel, "Audit")
    opened = await olga.sees("Audit log")
    await olga.taps(opened, "Back")
    again = await olga.sees("You are an owner")
    assert panel.message_id == opened.message_id == again.message_id


async def test_to_everybody_else_there_is_no_panel(bob: Guest) -> None:
    bob.says("/admin")
    await bob.sees("Send me a link")
    bob.says("/audit")
    assert not any("Admin panel" in message.text or "Audit" in message.text for message in bob.messages())
