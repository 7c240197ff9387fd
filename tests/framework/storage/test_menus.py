from __future__ import annotations

import re
from datetime import timedelta

from fetchgram.storage import Session
from fetchgram.storage.menus import MenuButton

HOUR = timedelta(hours=1)
BUTTONS = (MenuButton(plugin="core", action="choose", args={"n": 1}), MenuButton(plugin="admin", action="ban"))


async def test_a_menu_comes_back_by_its_token_until_it_expires(session: Session) -> None:
    token = await session.menus.add(1, 7, BUTTONS, session.now + HOUR, 50)
    menu = await session.menus.get(token, session.now)
    assert menu is not None
    assert (menu.bot_id, menu.owner, menu.chat, menu.buttons) == (1, 7, 50, BUTTONS)
    assert await session.menus.get(token, session.now + HOUR) is None
    assert await session.menus.get("nosuchmenu", session.now) is None


async def test_a_token_is_ten_characters_that_a_url_may_hold_and_never_the_same(session: Session) -> None:
    tokens = {await session.menus.add(1, 7, BUTTONS, session.now + HOUR, 50) for _ in range(20)}
    assert len(tokens) == 20
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{10}", token) for token in tokens)


async def test_only_one_message_answers_a_question(session: Session) -> None:
    await session.menus.ask(1, 50, 7, "admin", "search", {"page": 2}, session.now + HOUR, kind="file")
    still = await session.menus.open_ask(1, 50, 7, session.now)
    taken = await session.menus.take_ask(1, 50, 7, session.now)
    assert taken is not None
    assert still == taken
    assert (taken.plugin, taken.action, taken.args, taken.kind) == ("admin", "search", {"page": 2}, "file")
    assert await session.menus.take_ask(1, 50, 7, session.now) is None


async def test_a_question_is_for_one_person_in_one_chat_for_its_time(session: Session) -> None:
    await session.menus.ask(1, 50, 7, "admin", "search", {}, session.now + HOUR)
    assert await session.menus.take_ask(1, 50, 8, session.now) is None
    assert await session.menus.take_ask(1, 51, 7, session.now) is None
    assert await session.menus.take_ask(2, 50, 7, session.now) is None
    assert await session.menus.take_ask(1, 50, 7, session.now + HOUR) is None


async def test_a_new_question_takes_the_place_of_the_last(session: Session) -> None:
    await session.menus.ask(1, 50, 7, "admin", "search", {}, session.now + HOUR)
    await session.menus.ask(1, 50, 7, "compress", "size", {}, session.now + HOUR)
    taken = await session.menus.take_ask(1, 50, 7, session.now)
    assert taken is not None
    assert taken.plugin == "compress"


async def test_prune_deletes_expired_menus_and_questions(session: Session) -> None:
    await session.menus.add(1, 7, BUTTONS, session.now, 50)
    kept = await session.menus.add(1, 7, BUTTONS, session.now + HOUR, 50)
    await session.menus.ask(1, 50, 7, "admin", "search", {}, session.now)
    assert await session.menus.prune(session.now, 10) == 2
    assert await session.menus.get(kept, session.now) is not None
