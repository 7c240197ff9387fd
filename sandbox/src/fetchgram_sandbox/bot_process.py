"""The real bot, `fetchgram run`, as a child process on a configuration that points it at the sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from fetchgram_sandbox.stage import Stage

_STOP_S = 15.0


def write_config(stage: Stage, folder: Path, *, more: str = "", allow: Sequence[str] = ()) -> Path:
    """Write a `fetchgram.toml` for a bot on this stage.

    Args:
        stage: Where the bot shall live.
        folder: Gets the configuration and the bot's data.
        more: Further TOML.
        allow: Loopback addresses (`host:port`) that links may lead to, besides the media site.
    """
    allowed = [stage.site.url.removeprefix("http://"), *allow]
    lines = [
        f"data_dir = {json.dumps(str(folder / 'data'))}",
        f"owners = [{stage.person.id}]",
        "[bots.main]",
        f"token = {json.dumps(stage.api.token)}",
        f"api_url = {json.dumps(stage.api.url)}",
        "[network]",
        f"allow = {json.dumps(allowed)}",
        f"upstream_proxy = {json.dumps(stage.web.proxy_url)}",
        f"ca_file = {json.dumps(str(stage.web.ca_file))}",
        *_mtproto(stage),
        more,
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "fetchgram.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _mtproto(stage: Stage) -> list[str]:
    if stage.mtproto is None or stage.elsewhere is None:
        return []
    told = stage.mtproto.describe()
    return [
        "[mtproto]",
        f"api_id = {told['api_id']}",
        f"api_hash = {json.dumps(told['api_hash'])}",
        f"server = {json.dumps('{host}:{port}'.format(**told))}",
        f"public_key = {json.dumps(stage.mtproto.key.pem + stage.elsewhere.key.pem)}",
    ]


class BotProcess:
    """Starts the bot and stops it again, gently or not.

    Args:
        config: Its configuration.
        log: Where its log goes; this process' standard error when absent.
        environ: Its environment, this process' by default; settings of fetchgram in it are left out.
        part: Its command: `run`, or one of the two halves, `bot` and `worker`.
        python: Whose environment it runs in, this process' by default.
    """

    def __init__(
        self,
        config: Path,
        *,
        log: Path | None = None,
        environ: Mapping[str, str] | None = None,
        part: str = "run",
        python: str = sys.executable,
    ) -> None:
        self._config = config
        self._log = log
        self._environ = environ if environ is not None else os.environ
        self._part = part
        self._python = python
        self._process: Process | None = None

    @property
    def pid(self) -> int:
        """Return the process id of the running bot."""
        return self._running().pid

    async def __aenter__(self) -> Self:
        """Start it."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop it."""
        await self.stop()

    async def start(self) -> None:
        """Start the bot; it is ready when it asks for updates."""
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(self._log.open("ab")) if self._log else None
            self._process = await asyncio.create_subprocess_exec(
                *(self._python, "-m", "fetchgram", "--config", str(self._config), self._part),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={name: value for name, value in self._environ.items() if not name.startswith("FETCHGRAM_")},
            )

    async def wait(self) -> int:
        """Return the exit code when it ended."""
        return await self._running().wait()

    async def kill(self) -> None:
        """End it as a power cut would."""
        self._running().send_signal(signal.SIGKILL)
        await self.wait()

    async def stop(self) -> int:
        """Ask it to stop, and insist when it does not."""
        process = self._running()
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_S):
                return await process.wait()
        except TimeoutError:
            process.kill()
            return await process.wait()

    def _running(self) -> Process:
        if self._process is None:
            raise RuntimeError("the bot was not started")
        return self._process
