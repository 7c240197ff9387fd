from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from .plan import make_plan
from .transitions import transitions

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
async def test_nobody_is_forgotten_while_everything_goes_wrong(tmp_path: Path) -> None:
    words = ("--seed", "1", "--jobs", "10", "--seconds", "10", "--clips", str(tmp_path / "clips"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.chaos.chaos", *words),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
    assert told.decode().splitlines()[-1].endswith("| ok"), told.decode()


def test_a_seed_always_gives_the_same_plan() -> None:
    assert make_plan(7, 40, 60) == make_plan(7, 40, 60)
    assert make_plan(7, 40, 60) != make_plan(8, 40, 60)


def test_the_transitions_are_those_that_the_code_records() -> None:
    assert {"request.accepted", "request.probed", "job.queued", "job.stage", "job.delivered"} <= set(transitions())
