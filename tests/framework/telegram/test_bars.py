"""Progress as people read it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fetchgram.model import Chat, Request, RequestState, Stage
from fetchgram.pipeline.audience import Progress
from fetchgram.telegram.bars import working_view
from fetchgram.texts import Texts

MB = 1_000_000
WISH = Request(
    id=1,
    key="k",
    bot_id=1,
    person=7,
    destination=Chat(bot_id=1, chat=7),
    locale="en",
    url="https://example.com/",
    state=RequestState.WORKING,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("stage", "lines"),
    [
        (Stage.DOWNLOAD, ["⬇️ Downloading", "█████░░░░░░░ 42%\n4.2 MB of 10 MB · 1 MB/s · 0:07 left"]),
        (Stage.POST_PROCESS, ["⚙️ Processing", "█████░░░░░░░ 42% · 0:07 left"]),
    ],
)
def test_work_on_a_file_is_told_in_parts_of_it_not_in_bytes(stage: Stage, lines: list[str]) -> None:
    news = Progress(stage=stage, done_bytes=42 * MB // 10, total_bytes=10 * MB, speed_bps=MB, eta_s=7)
    texts = Texts.load()
    assert [texts.render(line, "en") for line in working_view(WISH, news).lines] == lines
