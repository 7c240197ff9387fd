"""Sessions that live, rest and end, with real instaloader over the emulated Instagram."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from fetchgram.api import ContentUnavailable, FetchgramError, Link, TemporarilyUnavailable
from fetchgram_instagram.settings import Settings
from fetchgram_sandbox.web.instagram.troubles import Trouble

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

Bench = Any
LinkTo = Callable[[str], Link]
ACCOUNTS_ONLY = Settings(visitor_requests_per_hour=0, requests_per_hour=1000)
PICTURE = "p/Cpicture001/"


@pytest_asyncio.fixture(loop_scope="session")
async def accounts_only(make_bench: Callable[..., Bench]) -> Bench:
    bench = make_bench(ACCOUNTS_ONLY)
    await bench.log_in("sandbox.one", "sandbox.two")
    return bench


async def test_two_looks_at_once_use_two_sessions(accounts_only: Bench, link_to: LinkTo) -> None:
    links = [link_to("p/Cpicture001/"), link_to("p/Cwordless01/")]
    await asyncio.gather(*(accounts_only.guide.probe(link) for link in links))
    used = {name: len(each.used) for name, each in (await accounts_only.accounts.health()).items()}
    assert used == {"sandbox.one": 1, "sandbox.two": 1}


@pytest.mark.parametrize(
    ("trouble", "why"),
    [(Trouble.CHECKPOINT, "checkpoint"), (Trouble.LOGGED_OUT, "logged-out")],
)
async def test_a_session_that_ends_is_never_used_again_and_admins_are_told_once(
    accounts_only: Bench, link_to: LinkTo, trouble: Trouble, why: str
) -> None:
    bench = accounts_only
    bench.site.accounts["sandbox.one"].trouble = trouble
    await bench.guide.probe(link_to("p/Cpicture001/"))
    await bench.guide.probe(link_to("p/Cwordless01/"))
    assert (await bench.accounts.health())["sandbox.one"].ended == why
    (told,) = bench.admins.told
    assert (told.key, told.params["account"], told.params["why"].key) == (
        "instagram-admin-ended", "sandbox.one", f"instagram-ended-{why}",
    )  # fmt: skip
    assert bench.asked("/graphql/query") == 3, "the one that ended was asked once"
    assert await bench.guide.sessions() == (["sandbox.one"], ["sandbox.two"])


async def test_when_all_have_ended_people_are_told_and_nobody_logs_in(accounts_only: Bench, link_to: LinkTo) -> None:
    bench = accounts_only
    bench.site.accounts.clear()
    for _ in range(3):
        with pytest.raises(ContentUnavailable) as caught:
            await bench.guide.probe(link_to(PICTURE))
        assert caught.value.text.key == "instagram-no-account"
    assert len(bench.admins.told) == 2
    assert bench.asked("/graphql/query") == 2
    assert not any("login/ajax" in each.path for each in bench.parts.web.requests)


@pytest.mark.parametrize(
    "trouble", [Trouble.TOO_MANY, Trouble.TOO_MANY_FOR_NOW, Trouble.UNAUTHORIZED, Trouble.FEEDBACK]
)
async def test_who_is_told_to_ask_less_rests_and_the_other_takes_over(
    accounts_only: Bench, link_to: LinkTo, trouble: Trouble
) -> None:
    bench = accounts_only
    for each in bench.site.accounts.values():
        each.trouble = trouble
    bench.site.accounts["sandbox.two"].trouble = None
    await bench.guide.probe(link_to(PICTURE))
    bench.site.accounts["sandbox.two"].trouble = trouble
    with pytest.raises(TemporarilyUnavailable) as caught:
        await bench.guide.probe(link_to("p/Cwordless01/"))
    assert caught.value.text.key == "instagram-busy"
    assert caught.value.retry_after_s is not None
    assert caught.value.retry_after_s > 60
    assert bench.admins.told == []
    assert all(not each.ended for each in (await bench.accounts.health()).values())


async def test_a_visitor_is_asked_first_and_an_account_only_where_that_is_not_enough(
    bench: Bench, link_to: LinkTo
) -> None:
    await bench.log_in("sandbox.one")
    await bench.guide.probe(link_to(PICTURE))
    assert (await bench.accounts.health())["sandbox.one"].used == ()
    await bench.guide.probe(link_to("reel/Cagelimit01/"))
    assert len((await bench.accounts.health())["sandbox.one"].used) == 1


async def test_a_session_is_in_no_log_no_error_and_no_notice(
    accounts_only: Bench, link_to: LinkTo, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bench, said = accounts_only, []
    secrets = [each.session_id for each in bench.site.accounts.values()]
    for trouble in Trouble:
        for each in bench.site.accounts.values():
            each.trouble = trouble
        try:
            said.append(repr(await bench.guide.probe(link_to(PICTURE))))
        except FetchgramError as error:
            said += [repr(error), str(error.__cause__), repr(getattr(error, "text", ""))]
        await bench.log_in("sandbox.one", "sandbox.two")
        await bench.accounts.forget("")
    printed = capfd.readouterr()
    heard = "\n".join([*said, printed.out, printed.err, *map(repr, bench.admins.told)])
    assert "instagram.refused" in heard
    assert [secret for secret in secrets if secret in heard] == []
    assert await asyncio.to_thread(files_with, tmp_path, secrets) == {"sessions"}


def files_with(folder: Path, secrets: list[str]) -> set[str]:
    """Return the folders of the files in which one of the secrets stands."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.parent.name for path in files if any(secret.encode() in path.read_bytes() for secret in secrets)}
