"""The person's side over HTTP, as the chat page and tests in other languages use it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiogram import Bot
from aiogram.types import FSInputFile, InlineKeyboardButton, InlineKeyboardMarkup
from yarl import URL

from fetchgram_sandbox import page_files
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.description import Description
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.world import World

Event = dict[str, object]


@pytest.fixture
async def http(bot_api: BotApi) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(bot_api.url) as session:
        yield session


async def read_event(stream: aiohttp.StreamReader) -> Event:
    async with asyncio.timeout(5):
        while not (line := await stream.readline()).startswith(b"data: "):
            pass
    return dict(json.loads(line.removeprefix(b"data: ")))


async def post(http: aiohttp.ClientSession, path: str, **body: object) -> Event:
    async with http.post(path, json=body) as answer:
        assert answer.status == 200, await answer.text()
        return dict(await answer.json())


async def test_the_state_names_bot_people_chats_and_samples(
    http: aiohttp.ClientSession, chat: Person, world: World
) -> None:
    group = world.new_chat("Friends", [chat.user])
    state = await (await http.get("/sim/state")).json()
    assert state["bot"]["id"] == world.bot.id
    assert [person["first_name"] for person in state["people"]] == ["Alice"]
    assert {each["id"]: each["members"] for each in state["chats"]} == {
        chat.id: [chat.id, world.bot.id],
        group.id: [chat.id, world.bot.id],
    }
    assert state["samples"] == []


async def test_what_a_person_says_reaches_the_bot_and_the_chat(
    http: aiohttp.ClientSession, bot: Bot, chat: Person
) -> None:
    said = await post(http, "/sim/messages", person=chat.id, chat=chat.id, text="/start now")
    answered = await post(http, "/sim/messages", person=chat.id, chat=chat.id, text="re", reply_to=said["message_id"])
    assert said["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert answered["reply_to_message"]["message_id"] == said["message_id"]  # type: ignore[index] # JSON
    assert [update.message.text for update in await bot.get_updates() if update.message] == ["/start now", "re"]
    listed = await (await http.get("/sim/messages", params={"chat": chat.id})).json()
    assert [message["text"] for message in listed] == ["/start now", "re"]


async def test_a_file_goes_in_and_comes_out_in_pieces(
    http: aiohttp.ClientSession, bot: Bot, chat: Person, clips: Path
) -> None:
    data = (clips / "clip-144.mp4").read_bytes()
    told = {"caption": "mine", "duration": "6", "width": "256", "height": "144"}
    form = aiohttp.FormData({"person": str(chat.id), "chat": str(chat.id), "kind": "video", **told})
    form.add_field("file", data, filename="clip.mp4")
    message = await (await http.post("/sim/files", data=form)).json()
    assert message["caption"] == "mine"
    assert [message["video"][name] for name in ("duration", "width", "height")] == [6, 256, 144]
    file_id = message["video"]["file_id"]
    async with http.get(f"/sim/files/{file_id}", headers={"Range": "bytes=4-7"}) as answer:
        assert (answer.status, answer.content_type, await answer.read()) == (206, "video/mp4", data[4:8])
    assert (await bot.get_updates())[0].message.video.file_id == file_id  # type: ignore[union-attr] # a video
    assert (await http.get("/sim/files/nonsense")).status == 404


async def test_what_nobody_tells_of_a_picture_is_read_from_it(http: aiohttp.ClientSession, chat: Person) -> None:
    form = aiohttp.FormData({"person": str(chat.id), "chat": str(chat.id), "kind": "photo"})
    form.add_field("file", b"GIF89a\x03\0\x02\0", filename="p.gif")
    message = await (await http.post("/sim/files", data=form)).json()
    assert [(size["width"], size["height"]) for size in message["photo"]][-1] == (3, 2)


@pytest.mark.parametrize(
    "wrong", [{"kind": "sculpture"}, {"person": "9"}, {"duration": "-1"}, {"width": "wide"}, {"height": "4294967296"}]
)
async def test_a_file_that_cannot_be_sent_leaves_nothing_behind(
    http: aiohttp.ClientSession, chat: Person, world: World, wrong: dict[str, str]
) -> None:
    form = aiohttp.FormData({"person": "1001", "chat": str(chat.id), "kind": "video", **wrong})
    form.add_field("file", b"x", filename="x.bin")
    async with http.post("/sim/files", data=form) as answer:
        assert answer.status in {400, 404}
    assert list(world.files.folder.iterdir()) == []


async def test_a_tap_by_data_or_label_becomes_a_callback_query(
    http: aiohttp.ClientSession, bot: Bot, chat: Person
) -> None:
    markup = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="🎬 720p", callback_data="q:720")]])
    sent = await bot.send_message(chat.id, "choose", reply_markup=markup)
    place = {"person": chat.id, "chat": chat.id, "message_id": sent.message_id}
    by_data = await post(http, "/sim/taps", **place, data="q:720")
    by_label = await post(http, "/sim/taps", **place, label="720p")
    queries = [update.callback_query for update in await bot.get_updates()]
    assert [query.id for query in queries if query] == [by_data["query"], by_label["query"]]
    assert (await http.post("/sim/taps", json={**place, "data": "other"})).status == 404
    assert (await http.post("/sim/taps", json={**place, "message_id": 99, "data": "q:720"})).status == 404


async def test_people_groups_and_membership(http: aiohttp.ClientSession, bot: Bot) -> None:
    person = await post(http, "/sim/people", first_name="Bob", language_code="de")
    group = await post(http, "/sim/chats", title="Two", type="group", members=[person["id"]])
    assert await post(http, "/sim/membership", person=person["id"], chat=group["id"], status="kicked")
    assert await post(http, "/sim/membership", person=person["id"], chat=person["id"], status="kicked")
    updates = [update.my_chat_member for update in await bot.get_updates()]
    assert [(change.chat.type, change.new_chat_member.status) for change in updates if change] == [
        ("group", "kicked"),
        ("private", "kicked"),
    ]


async def test_faults_limits_and_calls_over_http(
    http: aiohttp.ClientSession, bot: Bot, bot_api: BotApi, chat: Person
) -> None:
    await post(http, "/sim/faults", method="getMe", fault="error", error_code=500, description="Internal Server Error")
    await http.delete("/sim/faults")
    await bot.get_me()
    limits = await post(http, "/sim/limits", text_units=10, private={"count": 1, "seconds": 60}, group=None)
    assert (limits["text_units"], limits["private"], limits["group"]) == (10, {"count": 1, "seconds": 60.0}, None)
    assert bot_api.account.limits.text_units == 10
    calls = await (await http.get("/sim/calls", params={"after": 0})).json()
    assert [call["method"] for call in calls] == ["getMe"]
    assert await (await http.get("/sim/calls", params={"after": calls[-1]["n"]})).json() == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/sim/messages", {"person": 1, "chat": 1, "text": "x"}, 404),
        ("/sim/messages", {"person": 1001, "chat": 1001, "text": " "}, 400),
        ("/sim/messages", ["no object"], 400),
        ("/sim/membership", {"person": 1001, "chat": 1001, "status": "sleeping"}, 400),
        ("/sim/chats", {"title": "x", "type": "channel", "members": []}, 400),
        ("/sim/faults", {"method": "getMe", "fault": "explode"}, 400),
        ("/sim/limits", {"speed": 1}, 400),
        ("/sim/limits", {"text_units": None}, 400),
        ("/sim/messages", {"person": "x", "chat": 1001, "text": "x"}, 400),
    ],
)
async def test_a_wrong_request_says_what_is_wrong(
    http: aiohttp.ClientSession, chat: Person, path: str, body: object, status: int
) -> None:
    async with http.post(path, json=body) as answer:
        assert answer.status == status
        assert (await answer.json())["error"]


async def test_events_tell_everything_that_happens(http: aiohttp.ClientSession, bot: Bot, chat: Person) -> None:
    async with http.get("/sim/events") as stream:
        assert stream.content_type == "text/event-stream"
        markup = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="a", callback_data="a")]])
        sent = await bot.send_message(chat.id, "one", reply_markup=markup)
        await bot.edit_message_text("two", chat_id=chat.id, message_id=sent.message_id, reply_markup=markup)
        query = chat.tap(chat.messages()[0], "a")
        await bot.answer_callback_query(query.id, text="ok", show_alert=True)
        await bot.send_chat_action(chat.id, "typing")
        await bot.delete_message(chat.id, sent.message_id)
        chat.world.new_person("Bob")
        events = [await read_event(stream.content) for _ in range(11)]
    assert [event["event"] for event in events] == [
        *("message", "call"),
        *("edit", "call"),
        *("answer", "call"),
        *("action", "call"),
        *("delete", "call"),
        "person",
    ]
    assert events[4] | {"query": ""} == {
        "event": "answer",
        "person": chat.id,
        "query": "",
        "text": "ok",
        "alert": True,
        "url": "",
    }
    assert events[8] == {"event": "delete", "chat": chat.id, "message_id": sent.message_id}


async def test_a_listener_that_goes_away_is_forgotten(http: aiohttp.ClientSession, world: World) -> None:
    before = len(world._listeners)
    async with http.get("/sim/events") as stream:
        await stream.content.readline()
        assert len(world._listeners) == before + 1
    async with asyncio.timeout(5):
        while len(world._listeners) > before:
            world.new_person("tick")
            await asyncio.sleep(0.01)


async def test_a_listener_that_does_not_keep_up_is_dropped(http: aiohttp.ClientSession, world: World) -> None:
    async with http.get("/sim/events") as stream:
        await stream.content.readline()
        for _ in range(1100):
            world.new_person("crowd")
        async with asyncio.timeout(5):
            with pytest.raises(aiohttp.ClientError):
                await stream.content.read()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "rebound.example"}, 403),
        ({}, 200),
    ],
)
async def test_foreign_pages_cannot_act_as_people(
    http: aiohttp.ClientSession, chat: Person, headers: dict[str, str], status: int
) -> None:
    body = {"person": chat.id, "chat": chat.id, "text": "x"}
    async with http.post("/sim/messages", json=body, headers=headers) as answer:
        assert answer.status == status
    assert len(chat.messages()) == (status == 200)


async def test_the_own_page_may_act(http: aiohttp.ClientSession, bot_api: BotApi, chat: Person) -> None:
    body = {"person": chat.id, "chat": chat.id, "text": "x"}
    async with http.post("/sim/messages", json=body, headers={"Origin": bot_api.url}) as answer:
        assert answer.status == 200


async def test_the_page_is_served_and_nothing_beside_it(http: aiohttp.ClientSession) -> None:
    async with http.get("/") as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
    for path in ("/page/../world.py", "/page/%2e%2e/world.py", "/page/..%2Fworld.py", "/page/none.js"):
        async with http.get(path) as answer:
            assert answer.status == 404, path
    async with http.get("/favicon.ico") as answer:
        assert (answer.status, answer.content_type) == (200, "image/svg+xml")


@pytest.mark.parametrize("name", ["../secret.html", "..%2fsecret.html", "%2e%2e/secret.html"])
async def test_a_file_outside_the_page_folder_is_not_served(
    http: aiohttp.ClientSession, bot_api: BotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "page").mkdir()
    (tmp_path / "secret.html").write_text("secret")
    (tmp_path / "page" / "open.html").write_text("open")
    monkeypatch.setattr(page_files, "_FOLDER", tmp_path / "page")
    async with http.get("/page/open.html") as answer:
        assert await answer.text() == "open"
    async with http.get(URL(f"{bot_api.url}/page/{name}", encoded=True)) as answer:
        assert answer.status == 404


async def test_a_bots_html_file_cannot_run_as_a_page(
    http: aiohttp.ClientSession, bot: Bot, chat: Person, tmp_path: Path
) -> None:
    (tmp_path / "x.html").write_text("<script>1</script>")
    sent = await bot.send_document(chat.id, FSInputFile(tmp_path / "x.html"))
    assert sent.document is not None
    async with http.get(f"/sim/files/{sent.document.file_id}") as answer:
        assert answer.headers["Content-Security-Policy"] == "sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_description_finds_what_disagrees() -> None:
    source: Event = {
        "methods": {"sendX": {"fields": [{"name": "chat_id", "required": True}], "returns": ["X"]}},
        "types": {
            "X": {
                "fields": [
                    {"name": "n", "types": ["Integer"], "required": True},
                    {"name": "y", "types": ["Array of Y"], "required": False},
                ]
            },
            "Y": {"subtypes": ["A", "B"]},
            "A": {"fields": [{"name": "a", "types": ["String"], "required": True}]},
            "B": {"fields": [{"name": "b", "types": ["True"], "required": True}]},
        },
    }
    description = Description(source)
    assert description.request_problems("sendX", {"chat_id", "ephemeral_message_parameters"}) == []
    assert description.request_problems("sendX", {"chat"}) == [
        "sendX: unknown parameter 'chat'",
        "sendX: required parameter 'chat_id' is missing",
    ]
    assert description.request_problems("sendZ", {}) == ["sendZ is no method of the published description"]
    assert description.response_problems("sendX", {"n": 1, "y": [{"a": "x"}, {"b": True}]}) == []
    assert description.response_problems("sendX", {"n": True}) == ["sendX.n: True is no Integer"]
    assert description.response_problems("sendX", {"n": 1, "z": 2}) == ["sendX.z: not a field of X"]
    assert description.response_problems("sendX", {"n": 1, "y": [{"a": 1}]}) == ["sendX.y[0].a: 1 is no String"]
    assert description.response_problems("sendX", {}) == ["sendX: X lacks n"]
    assert description.object_problems("Y", 1) == ["Y: 1 is no A"]
