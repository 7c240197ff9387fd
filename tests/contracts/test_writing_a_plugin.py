from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import pytest

from fetchgram_sandbox.live_bot import UNHURRIED, open_live_bot
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.site import MediaSite

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "writing-a-plugin.md"

_FILE = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATIENCE_S = 60.0

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the package as somebody has it who copied every file of the page."""
    folder = tmp_path_factory.mktemp("fetchgram-clipbox")
    for name, content in _FILE.findall(PAGE.read_text(encoding="utf-8")):
        path = folder / name
        assert not path.exists(), f"{name} stands there twice"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (folder / "src" / "fetchgram_clipbox" / "py.typed").touch()
    return folder


@pytest.fixture(scope="module")
def installed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder that is to Python what an installed distribution is: the package and its metadata."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copytree(package / "src", folder, dirs_exist_ok=True)
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    lines = [f"{name} = {target}" for name, target in project["entry-points"]["fetchgram.plugins"].items()]
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    (info / "entry_points.txt").write_text("\n".join(["[fetchgram.plugins]", *lines]))
    return folder


@pytest.fixture
def server(package: Path, media_site: MediaSite, tmp_path: Path) -> Iterator[str]:
    """Give the address of the page's own server: its files in a folder, and a video of the sandbox's site."""
    folder = tmp_path / "server"
    shutil.copytree(package / "server", folder)
    shutil.copyfile(media_site.clip("clip-720.mp4"), folder / "7-720.mp4")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"127.0.0.1:{http.server_address[1]}"
        http.shutdown()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        """Say nothing."""


def _run(*command: str, cwd: Path, path: Path) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("FETCHGRAM_")}
    # Also for the tools that look for sources: MYPYPATH must not be inherited, ruff knows by `src`.
    env |= {"PYTHONPATH": str(path), "MYPYPATH": str(path), "RUFF_NO_CACHE": "true"}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_pages_own_tests_pass(package: Path) -> None:
    said = _run("pytest", "-q", "-p", "no:cacheprovider", "-W", "error", cwd=package, path=package / "src")
    assert re.search(r"\b1[0-9] passed", said), said


def test_its_code_is_as_clean_as_ours(package: Path) -> None:
    src = 'src = ["src", "."]'
    for command in (("check",), ("format", "--diff")):
        _run("ruff", *command, "--config", str(ROOT / "pyproject.toml"), "--config", src, ".", cwd=package, path=ROOT)


def test_its_code_is_strictly_typed(package: Path, tmp_path: Path) -> None:
    options = ("--strict", "--config-file=", "--cache-dir", str(tmp_path))
    _run("mypy", *options, "src", "tests", cwd=package, path=package / "src")


def test_it_is_loaded_by_its_entry_point_alone(installed: Path, tmp_path: Path) -> None:
    rows = json.loads(_run("fetchgram", "plugins", "--json", cwd=tmp_path, path=installed))
    (row,) = (row for row in rows if row["name"] == "clipbox")
    hooks = ["detect", "download", "health_checks", "offer", "post_process", "probe", "user_commands"]
    assert row == {
        "name": "clipbox",
        "version": "0.1.0",
        "state": "active",
        "hooks": hooks,
        "error": None,
        "changed": False,
    }


def test_its_links_are_claimed_before_the_plugin_that_is_asked_last(installed: Path, tmp_path: Path) -> None:
    command = ("fetchgram", "detect", "--json", "https://clips.example/c/7", "https://clips.example/")
    ours, other = map(json.loads, _run(*command, cwd=tmp_path, path=installed).splitlines())
    assert (ours["plugin"], ours["media_id"]) == ("clipbox", "clips.example/7")
    assert other["plugin"] != "clipbox"


def test_a_file_comes_from_a_local_server(installed: Path, package: Path, server: str, tmp_path: Path) -> None:
    config = (package / "fetchgram.toml").read_text().replace("127.0.0.1:9000", server)
    (tmp_path / "fetchgram.toml").write_text(config)
    link = f"http://{server}/c/7"
    said = _run("fetchgram", "get", "--json", link, cwd=tmp_path, path=installed)
    (delivered,) = json.loads(said)["delivered"]
    assert delivered["path"].endswith("My first clip.mp4")
    assert (delivered["mime"], delivered["height_px"]) == ("video/mp4", 720)
    assert Path(delivered["path"]).read_bytes() == (tmp_path / "server" / "7-720.mp4").read_bytes()


async def test_its_command_and_its_option_work_in_a_chat(
    installed: Path, server: str, clips_folder: Path, tmp_path: Path
) -> None:
    more = f'{UNHURRIED}\n[plugin.clipbox]\nservers = ["http://{server}"]'
    environ = {"PYTHONPATH": str(installed)}
    async with open_live_bot(clips_folder, tmp_path / "bot", more=more, environ=environ, allow=[server]) as live:
        bob = live.newcomer()
        bob.say("/clips")
        newest = await bob.wait_for(partial(_has_button, "My first clip"), _PATIENCE_S)
        bob.tap(newest, newest.button("My first clip"))
        await bob.wait_for(lambda m: f"http://{server}/c/7" in m.text and m.sender_id != bob.id, _PATIENCE_S)

        bob.say(f"http://{server}/c/7")
        for shown, tapped in (("Options", "Options"), ("▫️ 🔇 Without", "▫️ 🔇 Without"), ("✅ 🔇 Without", "Start")):
            card = await bob.wait_for(partial(_has_button, shown), _PATIENCE_S)
            bob.tap(card, card.button(tapped))
        arrived = await bob.wait_for(lambda m: m.file is not None and m.file.kind == "video", _PATIENCE_S)
        assert arrived.file is not None
        with av.open(str(arrived.file.path)) as video:
            assert [stream.type for stream in video.streams] == ["video"]


def _has_button(label: str, message: Message) -> bool:
    return any(label in button.label for button in message.buttons)
