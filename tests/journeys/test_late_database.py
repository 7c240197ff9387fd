"""A process that starts before its database does, as when a whole machine comes up, waits for it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from fetchgram_sandbox.bot_process import BotProcess
from fetchgram_sandbox.postgres import PostgresServer

from .conftest import until

_CONFIG = """
data_dir = {data_dir}
[bots.main]
token = "123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
[database]
url = {url}
[plugins]
only = ["ytdlp"]
[log]
format = "json"
"""


@pytest.mark.timeout(300)
async def test_a_worker_that_starts_before_its_database_waits_for_it_and_ends_at_once_when_told_to(
    tmp_path: Path,
) -> None:
    log, config = tmp_path / "worker.log", tmp_path / "fetchgram.toml"
    with PostgresServer() as server:
        url = server.create("late")
        config.write_text(_CONFIG.format(data_dir=json.dumps(str(tmp_path / "data")), url=json.dumps(url)))
        worker = BotProcess(config, log=log, part="worker")

        def said(event: str) -> int:
            return log.read_text().count(f'"{event}"')

        await asyncio.to_thread(server.stop)
        async with worker:
            await until(lambda: said("database.awaited"), log.read_text)
            assert await worker.stop() == 0
        assert said("process.started") == 0
        async with worker:
            waits = said("database.awaited")
            await until(lambda: said("database.awaited") > waits, log.read_text)
            await asyncio.to_thread(server.start)
            await until(lambda: said("process.started"), log.read_text)
            assert await worker.stop() == 0
    assert "Traceback" not in log.read_text()
