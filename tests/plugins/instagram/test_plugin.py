from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fetchgram.api import Health, Link, LinkKind, PluginError
from fetchgram.testing import FakeContext, open_database
from fetchgram_instagram.accounts import Accounts
from fetchgram_instagram.finds import Refusal, Verdict
from fetchgram_instagram.plugin import Plugin
from fetchgram_instagram.settings import Settings


async def health(context: FakeContext) -> tuple[Health, str]:
    return await checked(context, "sessions")


async def checked(context: FakeContext, name: str) -> tuple[Health, str]:
    (check,) = [each for each in Plugin(Settings(), context).health_checks() if each.name == name]
    report = await check.check()
    return report.health, report.detail


async def test_the_age_of_instaloader_is_shown_and_an_old_one_is_amber(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = FakeContext(name="instagram", data_dir=tmp_path)
    found = await checked(context, "instaloader")
    assert re.fullmatch(r"instaloader [\d.]+, installed \d+ days ago", found[1])
    half_a_year_ago = datetime.now(UTC) - timedelta(days=181)
    monkeypatch.setattr("fetchgram_instagram.plugin.installed", lambda: ("4.1", half_a_year_ago))
    assert await checked(context, "instaloader") == (Health.WARNING, "instaloader 4.1, installed 181 days ago")


async def test_the_health_of_the_sessions_is_shown(tmp_path: Path) -> None:
    async with open_database("instagram", tmp_path, Plugin.migrations) as database:
        context = FakeContext(name="instagram", data_dir=tmp_path, database=database)
        assert await health(context) == (Health.OK, "visitors only")
        accounts = Accounts(tmp_path, database, Settings(), context.clock)
        for name in ("a.a", "b.b"):
            await accounts.keep(name, {"sessionid": "1", "ds_user_id": "1", "csrftoken": "1"})
        assert await health(context) == (Health.OK, "2 accounts")
        async with accounts.lease(("a.a",), patience_s=0) as lease:
            assert lease is not None
            lease.refusal = Refusal(verdict=Verdict.LOGGED_OUT)
        assert await health(context) == (Health.WARNING, "ended, log in again: a.a")


async def test_without_a_context_it_only_detects() -> None:
    plugin = Plugin(Settings(), None)
    assert plugin.detect("https://www.instagram.com/p/Cpicture001/") is not None
    with pytest.raises(PluginError):
        await plugin.probe(Link(plugin="instagram", kind=LinkKind.POST, media_id="a", url="https://instagram.com/p/a/"))


@pytest.mark.timeout(60)
def test_the_bots_process_imports_neither_engine() -> None:
    code = "import fetchgram_instagram.guide, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert not {"instaloader", "yt_dlp", "requests"} & set(run.stdout.split())
