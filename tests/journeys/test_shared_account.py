"""Two workers, one user account: one of them uploads with it at a time, and each has a bot's login of its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram.storage import open_storage
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.postgres import PostgresServer
from fetchgram_sandbox.silent_line import SilentLine

from .accounts import Account, open_account
from .cluster import Cluster
from .conftest import Guest, until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

SIZE = 3_000_000
PARTS = -(-SIZE // (512 * 1024))
SAVE = "upload.saveFilePart"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def account(clips_folder: Path) -> AsyncIterator[Account]:
    async with open_account(clips_folder) as account:
        yield account


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(
    account: Account, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Cluster]:
    folder = tmp_path_factory.mktemp("shared")
    url = postgres.create("shared")
    storage = await open_storage(url, folder)
    async with (
        SilentLine(postgres.socket) as line,
        Cluster(account.stage, folder, line, url, storage, account) as cluster,
    ):
        await cluster.grow(2)
        yield cluster
    await storage.close()
    postgres.drop("shared")


@contextmanager
def held(account: Account) -> Iterator[None]:
    """Let the first half of a large file in, and then nothing."""

    def rule(method: str, params: Mapping[str, object]) -> Fault | None:
        number = params.get("file_part")
        if method == SAVE and isinstance(number, int) and number >= PARTS // 2:
            return Fault(SAVE, "error", error_code=420, description="FLOOD_WAIT_1")
        return None

    account.stage.world.faults.add_rule(rule)
    yield
    account.stage.world.faults.clear()


async def asks_for(guest: Guest, name: str) -> Message:
    card = await guest.asks_for(f"{guest.site}/media/padded-{SIZE}.mp4?shared={name}")
    assert "very large file" in card.button("MB").label
    await guest.taps(card, "MB")
    return card


async def uploading(cluster: Cluster, account: Account, guest: Guest, name: str) -> str:
    """Ask for a film and return the worker that is in the middle of bringing it up."""
    received = account.server.desk.uploads.received_bytes
    await asks_for(guest, name)
    worker = await cluster.worker_of(await cluster.job_of(guest))
    half = received + PARTS // 2 * 512 * 1024
    await until(lambda: account.server.desk.uploads.received_bytes >= half, lambda: cluster.tail(worker))
    return worker


async def test_while_one_uploads_the_other_waits_for_the_account(cluster: Cluster, account: Account) -> None:
    alice, bob = cluster.guest(), cluster.guest()
    uploads = account.server.desk.uploads
    with held(account):
        busy = await uploading(cluster, account, alice, "first")
        (other,) = cluster.workers.keys() - {busy}
        waits = len(cluster.said(other, "lease.standby"))
        files = set(uploads.order)
        await asks_for(bob, "second")
        await until(lambda: len(cluster.said(other, "lease.standby")) > waits, lambda: cluster.tail(other))
        assert await cluster.worker_of(await cluster.job_of(bob)) == other
        assert set(uploads.order) == files
    for guest in (alice, bob):
        assert (await guest.gets("video")).size_bytes == SIZE
    large = [file_id for file_id in uploads.order if len(uploads.received[file_id]) == PARTS]
    assert len(set(large)) == 2
    assert large == sorted(large, key=large.index), "their parts do not mix"


async def test_each_has_a_login_of_its_own_as_the_bot(cluster: Cluster) -> None:
    keys = [json.loads(cluster.session_file(name).read_text())["key"] for name in cluster.workers]
    assert len(set(keys)) == len(keys) == 2


async def test_when_the_one_that_has_the_account_dies_the_other_takes_it_over(
    cluster: Cluster, account: Account
) -> None:
    bob, passed = cluster.guest(), len(account.passed)
    with held(account):
        await cluster.kill(await uploading(cluster, account, bob, "third"))
    assert (await bob.gets("video")).size_bytes == SIZE
    assert (len(bob.files("video")), len(account.passed)) == (1, passed + 1)
