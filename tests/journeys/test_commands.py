"""What a newcomer types: `fetchgram demo`, `fetchgram sandbox`, a second person by plain HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import av
import psutil
import pytest

pytestmark = pytest.mark.timeout(120)


@asynccontextmanager
async def command(*words: str, cwd: Path) -> AsyncIterator[Process]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FETCHGRAM_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fetchgram", *words, stdout=PIPE, stderr=PIPE, cwd=cwd, env=environ
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def test_demo_once_plays_a_conversation_and_keeps_the_file(tmp_path: Path) -> None:
    async with command("demo", "--once", cwd=tmp_path) as process:
        output, errors = await process.communicate()
    assert process.returncode == 0, errors
    text = output.decode()
    for part in ("Alice: http://127.0.0.1:", "Having a look", "[🎬 720p · ", "%", "[video] The big colour test"):
        assert part in text
    assert errors == b""
    (kept,) = (tmp_path / "demo-files").iterdir()
    assert f"{kept.name} ({round(kept.stat().st_size / 1000)} kB)" in text


async def test_demo_once_as_json_is_one_object_with_a_playable_file(tmp_path: Path) -> None:
    async with command("demo", "--once", "--json", cwd=tmp_path) as process:
        output, errors = await process.communicate()
    assert process.returncode == 0, errors
    told = json.loads(output)
    assert set(told) == {"messages", "delivered", "elapsed_s"}
    assert [line["who"] for line in told["messages"][:2]] == ["Alice", "Fetchgram"]
    (file,) = told["delivered"]
    assert set(file) == {"path", "size_bytes", "mime", "duration_s", "width_px", "height_px", "route"}
    assert (file["width_px"], file["height_px"], file["mime"], file["route"]) == (1280, 720, "video/mp4", "botapi")
    path = tmp_path / file["path"]
    assert path.stat().st_size == file["size_bytes"]
    with av.open(str(path)) as container:
        frames = sum(1 for _ in container.decode(video=0))
    assert frames == 24 * 6
    assert 0 < told["elapsed_s"] < 120


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_demo_says_where_the_page_is_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    async with command("demo", cwd=tmp_path) as process:
        page = await printed(process, r"Open the chat:\s+(http://127\.0\.0\.1:\d+/)")
        links = await printed(process, r"The big colour test\s+(http://\S+)")
        assert links.endswith("/watch/colours")
        async with aiohttp.ClientSession() as session, session.get(page) as answer:
            assert answer.status == 200
            assert "fetchgram" in await answer.text()
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        _, errors = await process.communicate()
        assert process.returncode == 0
        assert errors == b""
    assert children
    psutil.wait_procs(children, timeout=15)
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)


async def test_a_demo_that_is_stopped_while_it_starts_leaves_nobody_behind(tmp_path: Path) -> None:
    async with command("demo", cwd=tmp_path) as process:
        await printed(process, r"(Starting) a bot")
        parent = psutil.Process(process.pid)
        children = parent.children(recursive=True)
        while not any("run" in words for words in map(words_of, children)):
            await asyncio.sleep(0.02)
            children = parent.children(recursive=True)
        process.send_signal(signal.SIGTERM)
        await process.communicate()
        assert process.returncode == 0
    psutil.wait_procs(children, timeout=15)
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)


async def test_a_port_that_is_taken_is_told_in_a_sentence(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, command("demo", "--port", str(port), cwd=tmp_path) as process:
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert "address already in use" in errors.decode()
    assert "Traceback" not in errors.decode()


async def test_the_sandbox_alone_serves_any_client_in_any_language(tmp_path: Path) -> None:
    async with command("sandbox", "--json", cwd=tmp_path) as process, aiohttp.ClientSession() as session:
        assert process.stdout is not None
        where = json.loads(await process.stdout.readline())
        api, me = where["botapi"], where["botapi"]["chat"]
        bot = f"{api['url']}/bot{api['token']}"

        said = await post(session, f"{api['url']}/sim/messages", person=me, chat=me, text="/start")
        (update,) = (await post(session, f"{bot}/getUpdates", timeout=5))["result"]
        assert update["message"]["text"] == said["text"] == "/start"

        keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
        await post(session, f"{bot}/sendMessage", chat_id=me, text="Really?", reply_markup=keyboard)
        async with session.get(f"{api['url']}/sim/messages", params={"chat": me}) as answer:
            question = (await answer.json())[-1]
        assert question["text"] == "Really?"
        tap = {"person": me, "chat": me, "message_id": question["message_id"], "label": "Yes"}
        await post(session, f"{api['url']}/sim/taps", **tap)
        updates = await post(session, f"{bot}/getUpdates", timeout=5, offset=update["update_id"] + 1)
        assert updates["result"][0]["callback_query"]["data"] == "y"

        async with session.get(where["page"]) as answer:
            assert answer.status == 200
        process.terminate()
        assert await process.wait() == 0


def words_of(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []


async def post(session: aiohttp.ClientSession, url: str, **body: object) -> dict[str, Any]:
    async with session.post(url, json=body) as answer:
        assert answer.status == 200, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found


async def printed(process: Process, pattern: str) -> str:
    """Read lines until one fits, and return its group."""
    assert process.stdout is not None
    async for line in process.stdout:
        found = re.search(pattern, line.decode())
        if found:
            return found[1]
    raise AssertionError(f"never printed: {pattern}")
