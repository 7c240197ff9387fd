from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fetchgram.api import Sink, text
from fetchgram.settings import Settings

from .conftest import MB, Bench


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings whose largest download is smaller than what the made-up site has."""
    return Settings.model_validate(
        {"data_dir": tmp_path, "work": {"disk_floor": 0}, "limits": {"file_max": MB}},
    )


async def test_a_runaway_download_is_told_with_the_limit_that_was_set(bench: Bench) -> None:
    async def flood(workdir: Path, _sink: Sink) -> None:
        while True:
            with (workdir / "flood").open("ab") as file:
                file.write(bytes(MB // 4))
            await asyncio.sleep(0.01)

    bench.site.on_download = flood
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.error == text("error-too-large-unknown", limit=MB)


async def test_a_download_is_told_how_much_may_come(bench: Bench) -> None:
    told: list[int | None] = []
    bench.site.on_download = lambda _workdir, sink: told.append(sink.max_bytes)
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    await bench.run_until_ended(request.id)
    assert told == [MB]


@pytest.mark.parametrize(("file_max_bytes", "arrives"), [(4, True), (3, False)])
async def test_a_file_over_the_limit_is_refused_also_when_its_folder_was_not(
    bench: Bench, file_max_bytes: int, *, arrives: bool
) -> None:
    bench.route.runner._stages._sizes._general = file_max_bytes
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    (ended,) = await bench.run_until_ended(request.id)
    assert (ended.error is None) is arrives
    if not arrives:
        assert ended.error == text("error-too-large", size=4, limit=3)
