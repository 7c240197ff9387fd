from __future__ import annotations

import json

import pytest

from .conftest import Cli

pytestmark = pytest.mark.timeout(120)


async def test_links_are_answered_in_their_order_one_object_a_line(cli: Cli) -> None:
    urls = ["hello", "https://media.example/film.mp4", "https://vimeo.com/76979871", "https://example.org/page"]
    answer = await cli.run("detect", *urls, "--json")
    assert answer.code == 0, answer
    rows = [json.loads(line) for line in answer.out.splitlines()]
    assert [row["url"] for row in rows] == urls
    assert all(set(row) == {"url", "plugin", "media_id", "kind", "sure"} for row in rows)
    assert rows[0] == {"url": "hello", "plugin": None, "media_id": None, "kind": None, "sure": None}
    assert (rows[1]["plugin"], rows[1]["sure"]) == ("ytdlp", True)
    assert (rows[2]["plugin"], rows[2]["sure"]) == ("ytdlp", True)
    assert (rows[3]["plugin"], rows[3]["sure"]) == ("ytdlp", False)


async def test_thousands_of_lines_come_through_garbage_among_them(cli: Cli) -> None:
    links = [f"https://vimeo.com/{number}" for number in range(10_000, 16_000)]
    garbage = [b"\xff\xfe\x00", b"   ", "https://пример.рф/\u202e".encode(), b"x" * 100_000, b"http://[", b"{}"]
    answer = await cli.run("detect", "-", "--json", given=b"\n".join([*garbage, *(link.encode() for link in links)]))
    assert answer.code == 0, answer.err
    rows = [json.loads(line) for line in answer.out.splitlines()]
    assert len(rows) == len(links) + len(garbage) - 1  # an empty line is none
    assert [row["url"] for row in rows[-6000:]] == links
    assert {row["plugin"] for row in rows[-6000:]} == {"ytdlp"}
    assert len({row["media_id"] for row in rows[-6000:]}) == 6000


async def test_text_is_a_table_with_the_link_last(cli: Cli) -> None:
    answer = await cli.run("detect", "-", given=b"https://vimeo.com/76979871\nnothing\n")
    assert answer.code == 0, answer.err
    first, second = answer.out.splitlines()
    assert first.split()[0] == "ytdlp"
    assert first.endswith("https://vimeo.com/76979871")
    assert second.startswith("-")
    assert first.index("https") == second.index("nothing")


async def test_an_argument_that_is_no_text_is_nobodys_link(cli: Cli) -> None:
    answer = await cli.run("detect", "https://example.org/\udcff", "--json")
    assert answer.code == 0, answer.err
    assert len(answer.out.splitlines()) == 1


async def test_nothing_to_ask_is_no_failure(cli: Cli) -> None:
    answer = await cli.run("detect")
    assert (answer.code, answer.out) == (0, "")
