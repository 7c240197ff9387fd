from __future__ import annotations

import subprocess
import sys

import pytest

ALL_AT_ONCE = """
import asyncio
from fetchgram.telegram.mtproto.loading import loaded

async def main():
    async with asyncio.TaskGroup() as group:
        for name in ("client", "relay_check", "relayed", "delivery", "downloader", "login"):
            group.create_task(loaded(name))

asyncio.run(main())
"""


@pytest.mark.timeout(150)
def test_whoever_needs_it_first_all_may_load_it_at_once() -> None:
    subprocess.run([sys.executable, "-c", ALL_AT_ONCE], check=True, timeout=120)
