from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .plan import EARLY, make_plan
from .transitions import transitions

TESTS = Path(__file__).parents[1]


SEVERAL = 2
"""The plan ends four lives at transitions; a machine that is very busy comes to fewer."""


@pytest.mark.timeout(600)
async def test_nobody_is_forgotten_while_everything_goes_wrong(tmp_path: Path) -> None:
    words = ("--seed", "1", "--jobs", "8", "--seconds", "12", "--clips", str(tmp_path / "clips"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chaos.chaos", *words),
        cwd=TESTS,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
    tally = told.decode().splitlines()[-1]
    assert tally.endswith("| ok"), told.decode()
    reached = re.search(r"at (\d+) of \d+ transitions", tally)
    assert reached is not None
    assert int(reached[1]) >= SEVERAL, tally


def test_the_first_lives_of_every_plan_end_at_transitions_and_soon() -> None:
    for seed in range(20):
        early = make_plan(seed, 8, 12).lives[:EARLY]
        assert all(life.at_transition and life.grace_s < 0.5 for life in early)


def test_a_seed_always_gives_the_same_plan() -> None:
    assert make_plan(7, 40, 60) == make_plan(7, 40, 60)
    assert make_plan(7, 40, 60) != make_plan(8, 40, 60)


def test_the_transitions_are_those_that_the_code_records() -> None:
    assert {"request.accepted", "request.probed", "job.queued", "job.stage", "job.delivered"} <= set(transitions())
