from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import unescape

import pytest

from fetchgram_sandbox.feed import feed_xml

from .plan import EARLY, REFUSED_MARK, SEVERAL, make_plan
from .transitions import transitions

TESTS = Path(__file__).parents[1]


ALONE = ("--jobs", "8", "--seconds", "12")
SHARED = ("--jobs", "5", "--seconds", "6", "--database", "postgres", "--workers", "2")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("words", [ALONE, SHARED], ids=["alone", "shared"])
async def test_nobody_is_forgotten_while_everything_goes_wrong(clips_folder: Path, words: tuple[str, ...]) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chaos.chaos", "--seed", "1", "--clips", str(clips_folder), *words),
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


def test_only_over_a_shared_database_somebody_is_cut_off_from_it() -> None:
    alone, shared = make_plan(7, 40, 300), make_plan(7, 40, 300, shared=True)
    assert "line" not in {trouble.kind for trouble in alone.troubles}
    assert "line" in {trouble.kind for trouble in shared.troubles}


def test_every_list_is_wished_for_beside_one_of_its_items() -> None:
    wishes = make_plan(7, 400, 60).wishes
    lists = [wish for wish in wishes if wish.is_list]
    alone = {(wish.at_s, wish.path.partition("?")[0]) for wish in wishes}
    assert len(lists) > 5
    assert all((wish.at_s, "/media/clip-144.mp4") in alone for wish in lists[:-1])


def test_the_twin_of_a_list_is_wished_for_by_the_address_that_the_list_has() -> None:
    wishes = make_plan(7, 150, 300).wishes
    lists = [wish for wish in wishes if wish.path.startswith("/list/2?")]
    alone = {wish.path for wish in wishes}
    for wish in lists:
        feed = feed_xml(2, "", query=wish.path.partition("?")[2])
        assert {unescape(url) for url in re.findall(r'url="([^"]+)"', feed)} & alone, wish.path
    assert lists


def test_five_minutes_bring_about_what_hardly_ever_happens_by_itself() -> None:
    for seed in range(20):
        wishes = make_plan(seed, 150, 300).wishes
        refused = [wish for wish in wishes if REFUSED_MARK in wish.path]
        twins = [wish for wish in wishes if wish.is_list and wish.path.startswith("/list/2?")]
        unclaimed = [wish for wish in wishes if wish.in_group and wish.path.startswith("/watch/colours?n=rare")]
        assert min(len(refused), len(twins), len(unclaimed)) > 5


def test_the_transitions_are_those_that_the_code_records() -> None:
    known = set(transitions())
    assert {"request.accepted", "request.probed", "job.queued", "job.stage", "job.delivered"} <= known
    assert "job.worker_died" in known  # its name is a constant
