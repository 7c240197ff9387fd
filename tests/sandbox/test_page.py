"""The chat page in a real browser, against the real Bot API server."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import imageio_ffmpeg
import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, expect

import fetchgram_sandbox
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.browser import OpenPage, open_browser, open_tab
from fetchgram_sandbox.objects import StoredFile
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.world import World

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(60)]

SAMPLE = {"title": "Short clip", "url": "http://media.test/clip.mp4"}
PHONE_PX = (390, 844)
MARKUP = "<img src=x onerror=\"document.title='broken'\">"


@dataclass(frozen=True)
class Bot:
    """The bot's side over the wire."""

    api: BotApi
    session: aiohttp.ClientSession

    async def call(self, method: str, **params: object) -> object:
        form = aiohttp.FormData()
        for name, value in params.items():
            if isinstance(value, Path):
                form.add_field(name, value.read_bytes(), filename=value.name)
            else:
                form.add_field(name, value if isinstance(value, str) else json.dumps(value))
        async with self.session.post(f"{self.api.url}/bot{self.api.token}/{method}", data=form) as response:
            body = await response.json()
        assert body["ok"], body
        return body["result"]

    async def last_query(self) -> str:
        async with asyncio.timeout(5):
            while True:
                updates = await self.call("getUpdates", timeout=1)
                assert isinstance(updates, list)
                queries = [update["callback_query"]["id"] for update in updates if "callback_query" in update]
                if queries:
                    return str(queries[-1])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def bot(world: World) -> AsyncIterator[Bot]:
    async with BotApi(world, samples=[SAMPLE]) as api, aiohttp.ClientSession() as session:
        yield Bot(api, session)
        assert api.problems == []


@pytest_asyncio.fixture(loop_scope="module")
async def tab(browser: Browser, bot: Bot, chat: Person) -> AsyncIterator[OpenPage]:
    async with open_tab(browser, bot.api.url) as opened:
        yield opened
        assert opened.problems == []


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "clip.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10:duration=2"]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    return make(path, *source, *encode)


@pytest.fixture(scope="module")
def picture(clip: Path) -> Path:
    return make(clip.with_name("picture.jpg"), "-i", str(clip), "-frames:v", "1")


@pytest.fixture(scope="module")
def song(clip: Path) -> Path:
    names = ["-metadata", "title=Nachtstück", "-metadata", "artist=夜の四重奏"]
    return make(clip.with_name("song.mp3"), "-f", "lavfi", "-i", "sine=330:duration=3", *names)


def make(path: Path, *arguments: str) -> Path:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *arguments, str(path)]
    subprocess.run(command, check=True, timeout=30)
    return path


def keyboard(*labels: str) -> dict[str, object]:
    return {"inline_keyboard": [[{"text": label, "callback_data": label.lower()} for label in labels]]}


async def test_a_typed_text_reaches_the_world_and_its_bubble(tab: OpenPage, chat: Person) -> None:
    await tab.send("hello there")
    await expect(tab.page.locator(".row.own .text")).to_have_text("hello there")
    assert [message.text for message in chat.messages()] == ["hello there"]


async def test_an_empty_chat_offers_start_and_sample_links(tab: OpenPage, chat: Person) -> None:
    await tab.page.get_by_role("button", name="Start", exact=True).click()
    await tab.page.locator(".chips").get_by_role("button", name="Short clip").click()
    await expect(tab.page.locator(".row.own a")).to_have_attribute("href", SAMPLE["url"])
    await expect(tab.page.locator(".chips")).to_be_hidden()
    assert [message.text for message in chat.messages()] == ["/start", SAMPLE["url"]]


async def test_a_tapped_button_waits_for_the_answer_and_shows_it(tab: OpenPage, bot: Bot, chat: Person) -> None:
    await bot.call("sendMessage", chat_id=chat.id, text="Which?", reply_markup=keyboard("720p", "Audio"))
    await tab.tap("720p")
    await expect(tab.page.locator(".key.waiting")).to_have_text("720p")
    await bot.call("answerCallbackQuery", callback_query_id=await bot.last_query(), text="Queued")
    await expect(tab.page.locator(".toast")).to_have_text("Queued")
    await expect(tab.page.locator(".key.waiting")).to_have_count(0)


async def test_an_alert_waits_for_ok(tab: OpenPage, bot: Bot, chat: Person) -> None:
    await bot.call("sendMessage", chat_id=chat.id, text="Which?", reply_markup=keyboard("Huge"))
    await tab.tap("Huge")
    await bot.call("answerCallbackQuery", callback_query_id=await bot.last_query(), text="Too large", show_alert=True)
    await expect(tab.page.get_by_role("alertdialog")).to_contain_text("Too large")
    await tab.page.get_by_role("button", name="OK").click()
    await expect(tab.page.get_by_role("alertdialog")).to_have_count(0)


async def test_a_live_edit_changes_the_bubble_in_place_and_keeps_the_focus(
    tab: OpenPage, bot: Bot, chat: Person
) -> None:
    for number in range(30):
        chat.say(f"line {number}")
    await bot.call("sendMessage", chat_id=chat.id, text="0 %", reply_markup=keyboard("Cancel"))
    sent = chat.messages()[-1]
    row = tab.page.locator(f'[data-id="{sent.message_id}"]')
    await row.evaluate("node => { node.dataset.mark = 'first' }")
    await row.locator(".key").focus()
    top = await tab.page.locator(".scroller").evaluate("node => node.scrollTop")
    for percent in (40, 80):
        await bot.call(
            "editMessageText",
            chat_id=chat.id,
            message_id=sent.message_id,
            text=f"{percent} %",
            reply_markup=keyboard("Cancel"),
        )
        await expect(row.locator(".text")).to_have_text(f"{percent} %")
    await expect(row.locator(".edited")).to_be_visible()
    await expect(row).to_have_attribute("data-mark", "first")
    await expect(row.locator(".key")).to_be_focused()
    assert abs(await tab.page.locator(".scroller").evaluate("node => node.scrollTop") - top) < 5


async def test_a_progress_message_does_not_shrink_from_edit_to_edit(tab: OpenPage, bot: Bot, chat: Person) -> None:
    await bot.call("sendMessage", chat_id=chat.id, text="Downloading\n11.1 of 26.0 MB, 12 s left")
    bubble = tab.page.locator(".bubble")
    before = await bubble.bounding_box()
    await bot.call(
        "editMessageText", chat_id=chat.id, message_id=chat.messages()[0].message_id, text="Downloading\n1 s"
    )
    await expect(tab.page.locator(".text")).to_contain_text("1 s")
    after = await bubble.bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] >= before["width"]


async def test_a_reaction_stays_through_an_edit(tab: OpenPage, bot: Bot, chat: Person) -> None:
    sent = chat.say("thank you")
    reaction = [{"type": "emoji", "emoji": "❤"}]
    await bot.call("setMessageReaction", chat_id=chat.id, message_id=sent.message_id, reaction=reaction)
    await expect(tab.page.locator(".reaction")).to_have_text("❤")
    chat.edit(sent, "thank you!")
    await expect(tab.page.locator(".text")).to_have_text("thank you!")
    await expect(tab.page.locator(".reaction")).to_have_text("❤")


async def test_a_link_button_opens_a_new_tab_that_cannot_reach_back(tab: OpenPage, bot: Bot, chat: Person) -> None:
    button = {"text": "Open", "url": f"{bot.api.url}/page/favicon.svg"}
    await bot.call("sendMessage", chat_id=chat.id, text="see", reply_markup={"inline_keyboard": [[button]]})
    async with tab.page.context.expect_page() as opening:
        await tab.tap("Open")
    opened = await opening.value
    await opened.wait_for_url(button["url"])
    assert await opened.evaluate("window.opener") is None


async def test_a_deleted_message_leaves(tab: OpenPage, bot: Bot, chat: Person) -> None:
    await bot.call("sendMessage", chat_id=chat.id, text="soon gone")
    await expect(tab.page.locator(".bubble")).to_have_count(1)
    await bot.call("deleteMessage", chat_id=chat.id, message_id=chat.messages()[-1].message_id)
    await expect(tab.page.locator(".bubble")).to_have_count(0)


async def test_a_video_plays_on_through_an_edit_of_its_caption(
    tab: OpenPage, bot: Bot, chat: Person, clip: Path
) -> None:
    await bot.call("sendVideo", chat_id=chat.id, video=clip, width=320, height=180, duration=2, caption="one")
    box = tab.page.locator(".visual.video")
    bounds = await box.bounding_box()
    assert bounds is not None
    assert bounds["width"] / bounds["height"] == pytest.approx(320 / 180, rel=0.02)
    assert await tab.play_video() == (320, 180)
    await bot.call("editMessageCaption", chat_id=chat.id, message_id=chat.messages()[-1].message_id, caption="two")
    await expect(tab.page.locator(".text")).to_have_text("two")
    assert await box.locator("video").evaluate("video => video.readyState >= 2 && video.currentTime >= 0")
    await expect(tab.page.locator(".visual.video.started")).to_have_count(1)


async def test_an_album_is_one_bubble_with_a_grid(tab: OpenPage, bot: Bot, chat: Person, picture: Path) -> None:
    media = [{"type": "photo", "media": f"attach://p{number}"} for number in range(3)]
    media[0]["caption"] = "three pictures"
    await bot.call("sendMediaGroup", chat_id=chat.id, media=media, p0=picture, p1=picture, p2=picture)
    await expect(tab.page.locator(".album img")).to_have_count(3)
    await expect(tab.page.locator(".bubble")).to_have_count(1)
    await expect(tab.page.locator(".bubble .text")).to_have_text("three pictures")
    await tab.page.get_by_role("button", name="Open photo").first.click()
    await expect(tab.page.get_by_role("dialog", name="Picture").locator("img")).to_be_visible()
    await tab.page.keyboard.press("Escape")
    await expect(tab.page.get_by_role("dialog")).to_have_count(0)


async def test_sound_and_files_are_cards(tab: OpenPage, bot: Bot, chat: Person, clip: Path, song: Path) -> None:
    await bot.call("sendAudio", chat_id=chat.id, audio=song, title="Nocturne", performer="Quartet", duration=65)
    await bot.call("sendDocument", chat_id=chat.id, document=clip)
    await expect(tab.page.get_by_role("button", name="Play Nocturne")).to_be_visible()
    await expect(tab.page.locator(".audio")).to_contain_text("1:05")
    await tab.page.get_by_role("button", name="Play Nocturne").click()
    await expect(tab.page.get_by_role("button", name="Pause Nocturne")).to_be_visible()
    await expect(tab.page.get_by_role("link", name="Save clip.mp4")).to_have_attribute("download", "clip.mp4")


async def test_a_poll_shows_its_question_and_answers_and_a_sticker_has_no_bubble(
    tab: OpenPage, bot: Bot, chat: Person, picture: Path
) -> None:
    chat.ask_all("Tea or coffee?", ["Tea", "Coffee"])
    await chat.send_file(picture, "sticker")
    await expect(tab.page.locator(".poll b")).to_have_text("Tea or coffee?")
    await expect(tab.page.locator(".poll li")).to_have_text(["Tea", "Coffee"])
    await expect(tab.page.locator(".bubble.bare .sticker img")).to_be_visible()


async def test_foreign_markup_stays_text(tab: OpenPage, bot: Bot, chat: Person) -> None:
    await bot.call("sendMessage", chat_id=chat.id, text=MARKUP, reply_markup=keyboard(MARKUP[:30]))
    await expect(tab.page.locator(".bubble .text")).to_have_text(MARKUP)
    assert await tab.page.locator("#chat img").count() == 0
    assert await tab.page.title() == "fetchgram · sandbox chat"


async def test_entities_count_utf16_units_and_nest(tab: OpenPage, bot: Bot, chat: Person) -> None:
    entities = [
        {"type": "bold", "offset": 3, "length": 8},
        {"type": "italic", "offset": 8, "length": 3},
        {"type": "text_link", "offset": 12, "length": 4, "url": "https://example.org/"},
    ]
    await bot.call("sendMessage", chat_id=chat.id, text="👋 bold both link", entities=entities)
    text = tab.page.locator(".bubble .text")
    await expect(text.locator("strong")).to_have_text("bold bot")
    await expect(text.locator("strong em")).to_have_text("bot")
    await expect(text.locator("a")).to_have_attribute("rel", "noopener noreferrer")


async def test_a_link_that_would_run_a_script_is_no_link(tab: OpenPage, bot: Bot, chat: Person) -> None:
    result = await tab.page.evaluate("""async () => {
        const { richText } = await import("/page/entities.js");
        const mark = { type: "text_link", offset: 0, length: 4, url: "javascript:alert(1)" };
        const node = document.createElement("div");
        node.append(...richText("evil", [mark], {}));
        return [node.textContent, node.querySelectorAll("a").length];
    }""")
    assert result == ["evil", 0]


async def test_overlapping_entities_are_split(tab: OpenPage) -> None:
    html = await tab.page.evaluate("""async () => {
        const { richText } = await import("/page/entities.js");
        const node = document.createElement("div");
        const marks = [{ type: "bold", offset: 0, length: 6 }, { type: "italic", offset: 3, length: 6 }];
        node.append(...richText("abcdefghi", marks, {}));
        return node.innerHTML;
    }""")
    assert html == "<strong>abc<em>def</em></strong><em>ghi</em>"


async def test_each_person_sees_their_own_chats(tab: OpenPage, bot: Bot, world: World, chat: Person) -> None:
    bob = Person(world, world.new_person("Bob"))
    world.new_chat("Film club", [chat.user, bob.user])
    world.new_chat("Family", [chat.user])
    await bot.call("sendMessage", chat_id=bob.id, text="for Bob")
    await expect(tab.page.get_by_role("button", name="Act as Bob, 1 unread")).to_be_visible()
    await expect(tab.page.locator(".chat")).to_have_count(3)
    await tab.act_as("Bob")
    await expect(tab.page.locator(".bubble .text")).to_have_text("for Bob")
    await expect(tab.page.locator(".chat")).to_have_count(2)
    await tab.page.locator(".chat", has_text="Film club").click()
    await tab.send("hello group")
    await expect(tab.page.locator(".row.own .text")).to_have_text("hello group")
    await tab.act_as("Alice")
    await tab.page.locator(".chat", has_text="Film club").click()
    await expect(tab.page.locator(".row:not(.own) .name")).to_have_text("Bob")


async def test_each_chat_keeps_its_draft(tab: OpenPage, world: World, chat: Person) -> None:
    world.new_chat("Film club", [chat.user])
    await tab.page.get_by_role("textbox", name="Message").fill("half a thought")
    await tab.page.locator(".chat", has_text="Film club").click()
    await expect(tab.page.get_by_role("textbox", name="Message")).to_have_value("")
    await tab.page.locator(".chat", has_text="Fetchgram").click()
    await expect(tab.page.get_by_role("textbox", name="Message")).to_have_value("half a thought")


async def test_people_and_groups_can_be_made(tab: OpenPage, world: World) -> None:
    await tab.page.get_by_role("button", name="New person").click()
    await tab.page.get_by_label("First name").fill("Nour")
    await tab.page.get_by_role("button", name="Create").click()
    await expect(tab.page.get_by_role("button", name="Act as Nour")).to_have_attribute("aria-pressed", "true")
    await tab.page.get_by_role("button", name="New group").click()
    await tab.page.get_by_label("Title").fill("Film club")
    await tab.page.get_by_role("checkbox", name="Alice").check()
    await tab.page.get_by_role("button", name="Create").click()
    await expect(tab.page.get_by_role("heading", name="Film club")).to_be_visible()
    assert [person.first_name for person in world.people.values()] == ["Alice", "Nour"]


async def test_a_person_can_block_and_unblock_the_bot(tab: OpenPage, bot: Bot, world: World, chat: Person) -> None:
    await tab.page.get_by_role("button", name="More").click()
    await tab.page.get_by_role("menuitem", name="Block the bot").click()
    await expect(tab.page.get_by_role("textbox", name="Message")).to_be_hidden()
    assert world.status(chat.id, world.bot.id) == "kicked"
    await tab.page.get_by_role("button", name="Unblock the bot").click()
    await expect(tab.page.get_by_role("textbox", name="Message")).to_be_visible()
    assert world.status(chat.id, world.bot.id) == "member"


async def sends(tab: OpenPage, chat: Person, path: Path, kind: str | None = None) -> StoredFile:
    """Send a file by the page's dialog and return what came."""
    before = len(chat.messages())
    await tab.page.locator("input[type=file]").set_input_files(str(path))
    dialog = tab.page.get_by_role("dialog", name="Send a file")
    if kind is not None:
        await dialog.get_by_label("Send as").select_option(kind)
    await dialog.get_by_label("Caption").fill("look")
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(tab.page.locator(".row.own .text")).to_have_count(before + 1)
    file = chat.messages()[-1].file
    assert file is not None
    return file


async def test_a_person_can_send_a_file(tab: OpenPage, chat: Person, clip: Path) -> None:
    file = await sends(tab, chat, clip)
    await expect(tab.page.locator(".row.own .visual.video")).to_be_visible()
    content = await asyncio.to_thread(clip.read_bytes)
    assert (file.kind, file.name, file.size_bytes) == ("video", "clip.mp4", len(content))
    assert (file.duration_s, file.width_px, file.height_px) == (2, 320, 180)


async def test_a_song_is_sent_with_its_length_and_names(tab: OpenPage, chat: Person, song: Path) -> None:
    file = await sends(tab, chat, song)
    assert (file.kind, file.duration_s, file.title, file.performer) == ("audio", 3, "Nachtstück", "夜の四重奏")
    await expect(tab.page.get_by_role("button", name="Play Nachtstück")).to_be_visible()


async def test_a_picture_is_sent_as_clients_make_photos_of_it(tab: OpenPage, chat: Person, picture: Path) -> None:
    screenshot = await asyncio.to_thread(
        make, picture.with_name("large.png"), "-i", str(picture), "-vf", "scale=3000:-2"
    )
    file = await sends(tab, chat, screenshot)
    assert (file.kind, file.mime, file.width_px, file.height_px) == ("photo", "image/jpeg", 2560, 1440)


async def test_as_a_file_goes_what_it_is_and_nothing_is_told_of_it(tab: OpenPage, chat: Person, clip: Path) -> None:
    file = await sends(tab, chat, clip, "File")
    assert (file.kind, file.duration_s, file.width_px) == ("document", 0, 0)
    damaged = FilePayload(name="damaged.mp4", mimeType="video/mp4", buffer=bytes(2000))
    await tab.page.locator("input[type=file]").set_input_files(damaged)
    await expect(tab.page.get_by_label("Send as").locator("option")).to_have_text(["File"])


async def test_a_film_without_a_picture_goes_as_a_file(tab: OpenPage, clip: Path) -> None:
    sound = await asyncio.to_thread(make, clip.with_name("sound.webm"), "-f", "lavfi", "-i", "sine=duration=1")
    await tab.page.locator("input[type=file]").set_input_files(str(sound))
    await expect(tab.page.get_by_label("Send as").locator("option")).to_have_text(["File"])


async def test_a_film_that_does_not_open_in_time_goes_as_a_file(tab: OpenPage, clip: Path) -> None:
    await tab.page.route("**/never", lambda _: None)
    await tab.page.evaluate("URL.createObjectURL = () => '/never'")
    await tab.page.clock.install()
    async with tab.page.expect_request("**/never"):
        await tab.page.locator("input[type=file]").set_input_files(str(clip))
    await tab.page.clock.fast_forward(8000)
    await expect(tab.page.get_by_label("Send as").locator("option")).to_have_text(["File"])


async def test_what_shines_through_a_picture_is_white_in_the_photo(tab: OpenPage, chat: Person, clip: Path) -> None:
    glass = await asyncio.to_thread(
        make, clip.with_name("glass.png"), "-f", "lavfi", "-i", "color=black@0:size=64x36,format=rgba", "-frames:v", "1"
    )
    file = await sends(tab, chat, glass)
    seen = await asyncio.to_thread(
        make, clip.with_name("seen.raw"), "-i", str(file.path), "-f", "rawvideo", "-pix_fmt", "gray"
    )
    assert (file.width_px, file.height_px) == (64, 36), "it is not made larger"
    assert min(seen.read_bytes()) > 250


async def test_a_reply_quotes_its_message(tab: OpenPage, bot: Bot, chat: Person) -> None:
    await bot.call("sendMessage", chat_id=chat.id, text="a question")
    await tab.page.locator(".bubble").hover()
    await tab.page.get_by_role("button", name="Reply", exact=True).click()
    await tab.send("an answer")
    await expect(tab.page.locator(".row.own button.quote")).to_contain_text("a question")
    assert chat.messages()[-1].reply_to_id == chat.messages()[0].message_id


async def test_a_command_in_a_message_is_sent_by_a_tap(tab: OpenPage, bot: Bot, chat: Person) -> None:
    await bot.call("sendMessage", chat_id=chat.id, text="Try /help now")
    await tab.page.get_by_role("button", name="/help", exact=True).click()
    await expect(tab.page.locator(".row.own .text")).to_have_text("/help")


async def test_what_the_bot_does_shows_above_the_chat(tab: OpenPage, bot: Bot, chat: Person) -> None:
    await bot.call("sendChatAction", chat_id=chat.id, action="upload_video")
    await expect(tab.page.get_by_role("status").filter(has_text="is sending a video")).to_be_visible()
    await bot.call("sendMessage", chat_id=chat.id, text="done")
    await expect(tab.page.get_by_role("status").filter(has_text="is sending a video")).to_have_count(0)


async def test_a_reader_who_scrolled_up_stays_and_sees_a_pill(tab: OpenPage, bot: Bot, chat: Person) -> None:
    for number in range(60):
        chat.say(f"line {number}")
    await expect(tab.page.locator(".bubble")).to_have_count(60)
    await expect(tab.page.locator(".bubble .text", has_text="line 59")).to_be_in_viewport()
    await tab.page.locator(".scroller").evaluate("node => { node.scrollTop = 0 }")
    await expect(tab.page.locator(".pill")).to_be_visible()
    await bot.call("sendMessage", chat_id=chat.id, text="news")
    await expect(tab.page.locator(".pill")).to_have_text("1 new message")
    assert await tab.page.locator(".scroller").evaluate("node => node.scrollTop") == 0
    await tab.page.locator(".pill").click()
    await expect(tab.page.locator(".bubble", has_text="news")).to_be_in_viewport()
    await expect(tab.page.locator(".pill")).to_be_hidden()


async def test_calls_are_listed_filtered_and_opened(tab: OpenPage, bot: Bot, chat: Person) -> None:
    await bot.call("sendMessage", chat_id=chat.id, text="listed")
    await bot.call("sendChatAction", chat_id=chat.id, action="typing")
    pane = tab.page.get_by_role("complementary", name="Bot API calls")
    await expect(pane.locator(".call")).to_have_count(2)
    await pane.get_by_role("searchbox").fill("listed")
    await expect(pane.locator(".call:visible")).to_have_count(1)
    await pane.locator(".call:visible summary").click()
    await expect(pane.locator("pre")).to_contain_text('"text": "listed"')
    await tab.page.get_by_role("button", name="Hide the calls").click()
    await tab.page.reload()
    await expect(pane).to_be_hidden()


async def test_the_page_goes_dark_with_the_system_and_by_its_button(browser: Browser, bot: Bot, chat: Person) -> None:
    paper = "getComputedStyle(document.querySelector('.composer')).backgroundColor"
    async with open_tab(browser, bot.api.url, dark=True) as tab:
        dark = await tab.page.evaluate(paper)
        await tab.page.get_by_role("button", name="Theme").click()
        light = await tab.page.evaluate(paper)
        await tab.page.reload()
        await expect(tab.page.get_by_role("button", name="Theme: light")).to_be_visible()
        assert await tab.page.evaluate(paper) == light == "rgb(255, 255, 255)"
        assert dark != light
        assert tab.problems == []


async def test_a_phone_shows_one_thing_at_a_time(browser: Browser, bot: Bot, chat: Person) -> None:
    async with open_tab(browser, bot.api.url, width=PHONE_PX[0], height=PHONE_PX[1]) as tab:
        await expect(tab.page.locator("#side")).to_be_hidden()
        await tab.page.get_by_role("button", name="To the chats").click()
        await expect(tab.page.locator("#chat")).to_be_hidden()
        await tab.page.locator(".chat").click()
        await expect(tab.page.get_by_role("textbox", name="Message")).to_be_visible()
        assert await tab.page.evaluate("document.documentElement.scrollWidth") == PHONE_PX[0]
        assert tab.problems == []


async def test_the_page_comes_back_after_the_server_was_away(browser: Browser, world: World, chat: Person) -> None:
    async with BotApi(world) as first:
        port = int(first.url.rpartition(":")[2])
        opening = open_tab(browser, first.url)
        tab = await opening.__aenter__()
    try:
        await expect(tab.page.get_by_text("Connection lost")).to_be_visible()
        chat.say("written meanwhile")
        async with BotApi(world, port=port):
            await expect(tab.page.locator(".bubble .text")).to_have_text("written meanwhile", timeout=15_000)
            await expect(tab.page.get_by_text("Connection lost")).to_be_hidden()
    finally:
        await opening.__aexit__(None, None, None)


async def test_every_module_is_preloaded_so_that_the_page_opens_in_one_step(tab: OpenPage) -> None:
    preloaded, loaded = await tab.page.evaluate("""() => [
        [...document.querySelectorAll("link[rel=modulepreload], script[src]")].map(node => node.href || node.src),
        performance.getEntriesByType("resource").map(entry => entry.name).filter(name => name.endsWith(".js")),
    ]""")
    assert set(preloaded) == set(loaded)
    folder = Path(fetchgram_sandbox.__file__).with_name("page")
    names = await asyncio.to_thread(lambda: {path.name for path in folder.glob("*.js")})
    assert {name.rpartition("/")[2] for name in preloaded} == names
