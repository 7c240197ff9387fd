from __future__ import annotations

import pytest
from aiogram.methods import SendMessage

from fetchgram.settings import DeliverySettings
from fetchgram.telegram import rates
from fetchgram.telegram.rates import Rates
from fetchgram.testing import FakeClock


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_FEW_WINDOWS", 10)


def answer(open_rates: Rates, chats: range) -> None:
    for chat in chats:
        with open_rates.counted(open_rates.of_chat(SendMessage(chat_id=chat, text="hello"))):
            pass
        open_rates.tidy()


def test_chats_in_which_nothing_counts_any_more_are_forgotten() -> None:
    clock = FakeClock()
    these = Rates(DeliverySettings(chat_interval_s=1), clock)
    answer(these, range(1, 11))
    clock.advance(60)
    answer(these, range(11, 12))
    assert {chat for _, chat in these._chats} == {11}


def test_many_chats_at_work_are_not_looked_through_for_each_message() -> None:
    these = Rates(DeliverySettings(chat_interval_s=1), FakeClock())
    answer(these, range(1, 12))
    looked_through = these._chats
    answer(these, range(12, 23))
    assert these._chats is looked_through
    answer(these, range(23, 24))
    assert these._chats is not looked_through
    assert len(these._chats) == 23
