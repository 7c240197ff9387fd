from __future__ import annotations

import pytest

from fetchgram.api import FetchgramError, LinkKind
from fetchgram.api import Settings as CoreSettings
from fetchgram.texts import Texts, catalogues_of
from fetchgram_instagram import sentences
from fetchgram_instagram.finds import Refusal, Verdict

WALL = "Right now Instagram shows nothing to those who are not logged in, and I am not."


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts.load(catalogues_of(CoreSettings()))


def error(verdict: Verdict, kind: LinkKind = LinkKind.POST, wait_s: float = 0.0) -> FetchgramError:
    return sentences.error_of(Refusal(verdict=verdict), kind, wait_s=wait_s)


def test_each_reason_has_a_sentence_of_its_own(texts: Texts) -> None:
    reasons = [error(each) for each in Verdict if each not in (Verdict.EMPTY, Verdict.CHECKPOINT, Verdict.FEEDBACK)]
    told = [texts.render(each.text, "en") for each in (*reasons, error(Verdict.GONE, LinkKind.STORY))]
    assert sorted(map(told.count, told)) == [1] * 10 + [2, 2], "nothing but two ways of not answering is told alike"
    assert all("instagram-" not in each for each in told)


@pytest.mark.parametrize(
    ("verdict", "wait_s", "words"),
    [
        (Verdict.PRIVATE, 0, "This belongs to a private account: only its followers can see it."),
        (Verdict.GONE, 0, "This is not on Instagram any more, or never was."),
        (Verdict.AGE, 0, "Instagram shows this only to adults who are logged in."),
        (Verdict.GEO, 0, "This is not shown in the country where I am."),
        (Verdict.RATE, 900, "Instagram lets me ask only so often. It works again in 15 min."),
        (Verdict.RATE, 0, "Instagram lets me ask only so often. Please try again later."),
        (Verdict.WALL, 900, f"{WALL} It may work again in 15 min."),
    ],
)
def test_it_reads_like_this(texts: Texts, verdict: Verdict, wait_s: float, words: str) -> None:
    assert texts.render(error(verdict, wait_s=wait_s).text, "en") == words
