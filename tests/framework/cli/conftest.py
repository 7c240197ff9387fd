"""The commands as real processes, against real sites."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json["error"]
        return found


@dataclass(slots=True)
class Cli:
    """Starts `fetchgram` in a folder of its own, with nothing of this environment but what a process needs."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    """Words before the command, such as `unshare`."""

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FETCHGRAM_")}
        return {**kept, "FETCHGRAM_DATA_DIR": str(self.folder / "data"), **self.env, **(more or {})}

    async def start(self, *words: str, env: Mapping[str, str] | None = None) -> asyncio.subprocess.Process:
        return await self.start_python("-m", "fetchgram", *words, env=env)

    async def start_python(self, *words: str, env: Mapping[str, str] | None = None) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(*self.before, sys.executable, *words),
            cwd=self.folder,
            env=self.environment(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    async def run(self, *words: str, given: bytes = b"", env: Mapping[str, str] | None = None) -> Answer:
        process = await self.start(*words, env=env)
        try:
            out, err = await process.communicate(given)
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        code = process.returncode
        assert code is not None
        return Answer(code, out.decode(), err.decode())

    def config(self, toml: str) -> Path:
        path = self.folder / "fetchgram.toml"
        path.write_text(toml, encoding="utf-8")
        return path


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


def alive_in_group(group: int) -> list[int]:
    """Return the processes of a process group or session that are no zombies."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        state, _, pgrp, session = fields[:4]
        if group in {int(pgrp), int(session)} and state != "Z":
            found.append(int(stat.parent.name))
    return found
