from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest

from fetchgram_sandbox.site import MediaSite

from .conftest import Cli, alive_in_group

pytestmark = pytest.mark.timeout(120)

ONCE = {"FETCHGRAM_WORK__ATTEMPTS": "1", "FETCHGRAM_PLUGIN__YTDLP__RETRIES": "0"}


@pytest.fixture
def site(cli: Cli, media_site: MediaSite) -> MediaSite:
    cli.env["FETCHGRAM_NETWORK__ALLOW"] = media_site.url.removeprefix("http://")
    return media_site


@pytest.mark.parametrize(
    ("path", "words", "mime", "height_px"),
    [
        ("/watch/colours", (), "video/mp4", 720),
        ("/watch/stream", ("--choice", "360p"), "video/mp4", 360),
        ("/watch/dash", ("--choice", "144p"), "video/mp4", 144),
        ("/watch/colours", ("--choice", "audio"), "audio/", None),
        ("/media/picture.jpg", ("--choice", "image"), "image/jpeg", None),
    ],
)
async def test_what_arrives_is_what_was_chosen(
    cli: Cli, site: MediaSite, path: str, words: tuple[str, ...], mime: str, height_px: int | None
) -> None:
    answer = await cli.run("get", site.url + path, "-o", "out", *words, "--json")
    assert answer.code == 0, answer
    (file,) = answer.json["delivered"]
    assert file["mime"].startswith(mime)
    assert file["route"] == "folder"
    (path_there,) = (cli.folder / "out").iterdir()
    assert file["path"] == str(path_there)
    assert path_there.stat().st_size == file["size_bytes"] > 0
    assert height_px is None or file["height_px"] == height_px
    assert answer.json["elapsed_s"] > 0


async def test_without_json_the_paths_are_all_that_is_printed_and_the_same_link_again_is_a_second_file(
    cli: Cli, site: MediaSite
) -> None:
    answers = [await cli.run("get", f"{site.url}/media/song.m4a", "-o", "out") for _ in range(2)]
    assert [(answer.code, answer.err) for answer in answers] == [(0, ""), (0, "")]
    assert sorted(answer.out for answer in answers) == sorted(f"{path}\n" for path in (cli.folder / "out").iterdir())
    assert len({answer.out for answer in answers}) == 2
    assert not any((cli.folder / "data" / "get" / "work").iterdir())


async def test_a_choice_that_there_is_not_is_wrong_use_and_says_what_there_is(cli: Cli, site: MediaSite) -> None:
    answer = await cli.run("get", f"{site.url}/watch/colours", "--choice", "image")
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("--choice 'image' is not to be had here; there is: best, 720p, 360p")
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/bad/404", "gone"),
        ("/bad/500", "temporary"),
        ("/bad/page.mp4", None),
        ("/bad/endless.mp4", "too-large"),
        ("/bad/redirect?to=http://10.1.2.3/film.mp4", "forbidden-address"),
    ],
)
async def test_a_site_that_fails_is_one_sentence_with_a_number(
    cli: Cli, site: MediaSite, path: str, code: str | None
) -> None:
    env = {**ONCE, "FETCHGRAM_LIMITS__FILE_MAX": "2000000", "FETCHGRAM_PLUGIN__YTDLP__MAX_SIZE": "2000000"}
    answer = await cli.run("get", site.url + path, "--json", env=env)
    assert answer.code == 1, answer
    assert set(answer.error) == {"code", "message", "number"}
    assert code is None or answer.error["code"] == code
    assert answer.error["code"] != "internal"
    assert len(answer.error["number"]) == 6
    assert "Traceback" not in answer.err
    assert list((cli.folder / "data" / "get" / "work").glob("*/*")) == []


async def test_a_site_that_is_not_there_is_told_in_words(cli: Cli, closed_port: int) -> None:
    cli.env["FETCHGRAM_NETWORK__ALLOW"] = f"127.0.0.1:{closed_port}"
    answer = await cli.run("get", f"http://127.0.0.1:{closed_port}/film.mp4", env=ONCE)
    assert answer.code == 1
    assert answer.out == ""
    assert "(error " in answer.err
    assert answer.err.count("\n") == 1


async def test_an_address_of_the_inside_is_refused(cli: Cli) -> None:
    answer = await cli.run("get", "http://169.254.169.254/latest/meta-data.mp4", "--json", env=ONCE)
    assert answer.code == 1
    assert answer.error["code"] == "forbidden-address"


async def test_what_is_no_link_is_told(cli: Cli) -> None:
    answer = await cli.run("get", "hello", "--json")
    assert answer.code == 1
    assert answer.error["code"] == "not-a-link"
    assert len(answer.error["number"]) == 6


async def test_an_interrupted_download_leaves_no_process_and_goes_on_where_it_was(cli: Cli, site: MediaSite) -> None:
    url = f"{site.url}/media/padded-3000000.mp4"
    process = await cli.start("get", f"{url}?kbps=2400", "-o", "out")
    await _until_partial(cli.folder, 300_000)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the children too
    out, err = await process.communicate()
    assert process.returncode == 130
    assert out == b""
    assert err == b"interrupted\n"
    assert alive_in_group(process.pid) == []
    assert not list((cli.folder / "out").iterdir())

    answer = await cli.run("get", f"{url}?kbps=2400", "-o", "out", env={"FETCHGRAM_LOG__LEVEL": "warning"})
    assert answer.code == 0, answer
    assert len(list((cli.folder / "out").iterdir())) == 1
    begun_at = [int(r.range.removeprefix("bytes=").partition("-")[0]) for r in site.requests if r.range]
    assert max(begun_at, default=0) >= 300_000
    assert not any((cli.folder / "data" / "get" / "work").iterdir())


async def test_after_a_kill_the_same_command_gets_the_file(cli: Cli, site: MediaSite) -> None:
    url = f"{site.url}/media/padded-3000000.mp4?kbps=2400"
    process = await cli.start("get", url, "-o", "out")
    await _until_partial(cli.folder, 300_000)
    process.kill()
    await process.wait()
    answer = await cli.run("get", url, "-o", "out")
    assert answer.code == 0, answer
    assert len(list((cli.folder / "out").iterdir())) == 1
    assert alive_in_group(process.pid) == []


async def test_two_at_once_on_one_link_both_end_with_a_whole_file(cli: Cli, site: MediaSite) -> None:
    url = f"{site.url}/media/padded-1000000.mp4?kbps=2000"
    answers = await asyncio.gather(*(cli.run("get", url, "-o", "out") for _ in range(2)))
    assert [answer.code for answer in answers] == [0, 0], answers
    sizes = {str(path): path.stat().st_size for path in (cli.folder / "out").iterdir()}
    assert set(sizes.values()) == {1_000_000}
    assert {answer.out.strip() for answer in answers} == set(sizes)


async def test_a_folder_that_cannot_be_written_is_told_before_anything_is_fetched(cli: Cli, site: MediaSite) -> None:
    (cli.folder / "out").mkdir()
    if os.geteuid() == 0:  # root writes through any permission, but not through a mount
        mount = 'mount --bind out out && mount -o remount,ro,bind out && exec "$@"'
        cli.before = ("unshare", "--mount", "sh", "-c", mount, "sh")
    else:
        (cli.folder / "out").chmod(0o500)
    answer = await cli.run("get", f"{site.url}/media/song.m4a", "-o", "out")
    assert answer.code == 2
    assert answer.err == "the folder 'out' cannot be written to; name another by -o\n"
    assert site.requests == []


async def test_a_folder_below_a_file_is_told(cli: Cli) -> None:
    (cli.folder / "file").touch()
    answer = await cli.run("get", "http://127.0.0.1/x.mp4", "-o", "file/out", "--json")
    assert answer.code == 2
    assert answer.error["code"] == "config"
    assert "Not a directory" in answer.error["message"]


async def test_a_full_disk_is_told(cli: Cli, site: MediaSite) -> None:
    room = shutil.disk_usage(cli.folder).total * 2
    env = {**ONCE, "FETCHGRAM_WORK__DISK_FLOOR": str(room)}
    answer = await cli.run("get", f"{site.url}/media/song.m4a", "--json", env=env)
    assert answer.code == 1
    assert answer.error["code"] == "disk-full"
    assert not list(cli.folder.glob("*.m4a"))


async def test_a_database_that_is_none_is_told(cli: Cli) -> None:
    (cli.folder / "data" / "get").mkdir(parents=True)
    (cli.folder / "data" / "get" / "fetchgram.db").write_bytes(b"no database at all, " * 100)
    answer = await cli.run("get", "http://127.0.0.1/x.mp4")
    assert answer.code == 2
    assert "is not a database" in answer.err
    assert "Traceback" not in answer.err


async def test_the_named_items_of_a_list_arrive_and_a_failing_one_is_told(cli: Cli, site: MediaSite) -> None:
    url = f"{site.url}/list/5?gone=2"
    answer = await cli.run("get", url, "-o", "out", "--items", "1-2, 4", "--json", env=ONCE)
    assert answer.code == 1, answer
    assert sorted(Path(each["path"]).name for each in answer.json["delivered"]) == ["Clip 1.mp4", "Clip 4.mp4"]
    (failed,) = answer.json["failed"]
    assert failed == {"position": 2, "title": "Clip 2", "message": "This is not there any more."}
    assert sorted(path.name for path in (cli.folder / "out").iterdir()) == ["Clip 1.mp4", "Clip 4.mp4"]


@pytest.mark.parametrize(
    ("path", "words", "says"),
    [
        ("/list/5", (), "this is a list of 5 items; name what you want, as in --items 1-5 or --items all\n"),
        ("/list/5", ("--items", "some"), "--items 'some' is not understood; write it like 3-8,12 or all\n"),
        ("/list/5", ("--items", "9"), "--items '9': this is a list of 5 items, and none of these is in it\n"),
        ("/media/clip-144.mp4", ("--items", "1"), "--items is for lists, and this is none\n"),
    ],
)
async def test_a_list_without_items_and_items_without_a_list_are_wrong_use(
    cli: Cli, site: MediaSite, path: str, words: tuple[str, ...], says: str
) -> None:
    answer = await cli.run("get", site.url + path, *words)
    assert (answer.code, answer.out, answer.err) == (2, "", says)


async def test_an_interrupted_wish_is_given_up_after_a_day(cli: Cli, site: MediaSite) -> None:
    process = await cli.start("get", f"{site.url}/media/padded-3000000.mp4?kbps=2400", "-o", "out")
    await _until_partial(cli.folder, 100_000)
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 143
    with sqlite3.connect(cli.folder / "data" / "get" / "fetchgram.db") as database:
        database.execute("update requests set created_at = created_at - 2 * 86400000")
    database.close()
    answer = await cli.run("get", f"{site.url}/media/song.m4a", "-o", "out")
    assert answer.code == 0, answer
    assert not any((cli.folder / "data" / "get" / "work").iterdir())


async def _until_partial(folder: Path, size_bytes: int) -> None:
    async with asyncio.timeout(60):
        while True:
            files = (folder / "data" / "get" / "work").glob("*/**/*")
            if sum(_size(path) for path in files) >= size_bytes:
                return
            await asyncio.sleep(0.05)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0
