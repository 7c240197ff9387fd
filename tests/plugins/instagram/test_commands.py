"""`fetchgram instagram`, as an operator runs it, over the emulated Instagram."""

from __future__ import annotations

import asyncio
import json
import pickle
import stat
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fetchgram_instagram.session_files import SessionFiles
from fetchgram_sandbox.web.instagram.accounts import CODE

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

Bench = Any


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Awaitable[Said]]
Kept = Callable[[], dict[str, int]]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """Return the session files with their modes."""
    folder = tmp_path / "data" / "plugins" / "instagram" / "sessions"
    return lambda: {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*")}


@pytest.fixture
def run(bench: Bench, tmp_path: Path) -> Run:
    config = tmp_path / "fetchgram.toml"
    config.write_text(
        f"data_dir = {json.dumps(str(tmp_path / 'data'))}\n"
        f"[network]\nupstream_proxy = {json.dumps(bench.parts.web.proxy_url)}\n"
        f"ca_file = {json.dumps(str(bench.parts.web.ca_file))}\n"
    )

    async def run(*words: str, typed: str = "") -> Said:
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, "-m", "fetchgram", "--config", str(config), "instagram", *words)
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
        out, err = await process.communicate(typed.encode())
        return Said(process.returncode or 0, out.decode(), err.decode())

    return run


async def test_a_password_and_a_code_log_in_and_the_session_is_for_nobody_else(run: Run, kept: Kept) -> None:
    said = await run("login", "sandbox.careful", typed=f"sandbox-password\n{CODE}\n")
    assert (said.code, said.out) == (0, "sandbox.careful is logged in.\n")
    assert kept() == {"sandbox.careful.txt": 0o600}
    listed = await run("accounts")
    assert listed.out.startswith("sandbox.careful  ready")
    assert "sandbox%3A" not in said.out + said.err + listed.out


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("sandbox.one", "wrong\n", "Wrong password"),
        ("sandbox.careful", "sandbox-password\n000000\n", "Please check the security code"),
        ("sandbox.checked", "sandbox-password\n", "Checkpoint required"),
    ],
)
async def test_what_instagram_says_to_a_login_is_said(run: Run, kept: Kept, name: str, typed: str, words: str) -> None:
    said = await run("login", name, typed=typed)
    assert said.code != 0
    assert words in said.err
    assert "Traceback" not in said.err
    assert "sandbox-password" not in said.err
    assert kept() == {}


async def test_a_browsers_cookies_log_in_under_the_name_that_instagram_knows(
    run: Run, bench: Bench, kept: Kept, tmp_path: Path
) -> None:
    SessionFiles(tmp_path / "browser").keep("export", bench.site.accounts["sandbox.two"].cookies)
    said = await run("login", "--cookies", str(tmp_path / "browser" / "export.txt"))
    assert (said.code, said.out) == (0, "sandbox.two is logged in.\n")
    forgotten = await run("forget", "sandbox.two")
    assert (forgotten.code, kept()) == (0, {})


async def test_a_session_file_of_instaloader_logs_in(run: Run, bench: Bench, kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "session-x").write_bytes(pickle.dumps(bench.site.accounts["sandbox.two"].cookies))
    said = await run("login", "--session", str(tmp_path / "session-x"))
    assert (said.code, said.out) == (0, "sandbox.two is logged in.\n")
    assert kept() == {"sandbox.two.txt": 0o600}


async def test_cookies_that_no_longer_log_in_are_not_kept(run: Run, bench: Bench, kept: Kept, tmp_path: Path) -> None:
    SessionFiles(tmp_path / "browser").keep("export", bench.site.accounts["sandbox.two"].cookies)
    del bench.site.accounts["sandbox.two"]
    said = await run("login", "--cookies", str(tmp_path / "browser" / "export.txt"))
    assert said.code != 0
    assert "does not know this session" in said.err
    assert kept() == {}


async def test_nobody_is_said_so(run: Run) -> None:
    assert "There is no account" in (await run("accounts")).out
    assert "no session of" in (await run("forget", "sandbox.two")).err
