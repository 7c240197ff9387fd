from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import ClassVar

import pytest

from fetchgram.api import Link, LinkKind, SettingsModel, hookimpl
from fetchgram.testing import Case, FakePlatform, PlatformContract

MATCHING: tuple[Case, ...] = (
    ("https://fake.example/1", "video", "1"),
    ("https://fake.example/list/a", "playlist", "list/a"),
)
NOT_MATCHING = ("https://fake.example/", "https://notfake.example/1", "https://fake.example.evil.example/1")


class TestFakePlatform(PlatformContract):
    plugin = FakePlatform
    should_match = MATCHING
    should_not_match = NOT_MATCHING


class _Undescribed(SettingsModel):
    quality: int = 1


class _WithUndescribedSetting(FakePlatform):
    Settings = _Undescribed


class _Misspelt(FakePlatform):
    @hookimpl
    def detekt(self, url: str) -> None:
        """Misspelt."""


class _WrongHints(FakePlatform):
    @hookimpl
    async def probe(self, link: str) -> str:  # type: ignore[override]  # what the contract is to find
        """Wrong."""
        return link


class _Greedy(FakePlatform):
    @hookimpl
    def detect(self, url: str) -> Link | None:
        """Claim everything for sure."""
        return Link(plugin="fake", kind=LinkKind.VIDEO, media_id=url.removeprefix("https://fake.example/"), url=url)


class _Impure(FakePlatform):
    @hookimpl
    def detect(self, url: str) -> Link | None:
        """Read a file."""
        with Path(__file__).open(encoding="utf-8"):
            return FakePlatform.detect(self, url)


class _Threaded(FakePlatform):
    @hookimpl
    def detect(self, url: str) -> Link | None:
        """Start a thread."""
        threading.Thread(target=time.sleep, args=(0.5,)).start()
        return FakePlatform.detect(self, url)


class _Forgetful(FakePlatform):
    seen: ClassVar[set[str]] = set()

    @hookimpl
    def detect(self, url: str) -> Link | None:
        """Answer once only."""
        if url in self.seen:
            return None
        self.seen.add(url)
        return FakePlatform.detect(self, url)


class _Slow(FakePlatform):
    @hookimpl
    def detect(self, url: str) -> Link | None:
        """Take long for long links."""
        time.sleep(0.03 if len(url) > 1000 else 0)
        return FakePlatform.detect(self, url)


class _Unstable(FakePlatform):
    @hookimpl
    def detect(self, url: str) -> Link | None:
        """Claim a link whose canonical form is not claimed."""
        link = FakePlatform.detect(self, url)
        return link and Link(plugin="fake", kind=link.kind, media_id=link.media_id, url="https://elsewhere.example/")


class _OfTheFuture(FakePlatform):
    api_version = 99


@pytest.mark.parametrize(
    ("plugin", "broken"),
    [
        (_OfTheFuture, "test_the_class_can_be_loaded"),
        (_WithUndescribedSetting, "test_every_setting_has_a_default_and_a_description"),
        (_Misspelt, "test_the_hooks_are_spelt_coloured_and_called_right"),
        (_WrongHints, "test_the_hooks_take_and_return_what_their_specs_say"),
        (_Unstable, "test_its_canonical_url_is_claimed_as_the_same_media"),
        (_Greedy, "test_it_leaves_the_links_of_others"),
        (_Impure, "test_detect_is_pure"),
        (_Threaded, "test_detect_is_pure"),
        (_Forgetful, "test_detect_is_pure"),
        (_Slow, "test_detect_is_fast"),
    ],
)
def test_the_contract_finds_what_is_wrong(plugin: type, broken: str) -> None:
    contract = type("Contract", (PlatformContract,), {"plugin": plugin, "should_match": MATCHING})()
    contract.should_not_match = NOT_MATCHING
    with pytest.raises(Exception, match=r".*"):
        getattr(contract, broken)()


@pytest.mark.parametrize(
    ("should_match", "broken"),
    [
        ((), "test_the_table_has_links_of_both_kinds"),
        ((("https://other.example/1", "video", "1"),), "test_it_claims_its_links"),
        ((("https://fake.example/1", "short", "1"),), "test_it_claims_its_links"),
        ((("https://fake.example/1", "video", "2"),), "test_it_claims_its_links"),
    ],
)
def test_the_contract_finds_a_table_that_is_wrong(should_match: tuple[Case, ...], broken: str) -> None:
    contract = type("Contract", (PlatformContract,), {"plugin": FakePlatform, "should_match": should_match})()
    with pytest.raises(AssertionError):
        getattr(contract, broken)()


class _Last(FakePlatform):
    @hookimpl(trylast=True)
    def detect(self, url: str) -> Link | None:
        """Take everything, not for sure."""
        return Link(plugin="fake", kind=LinkKind.FILE, media_id=url, url=url, sure=False)


def test_who_takes_everything_must_not_be_sure() -> None:
    members = {"plugin": _Last, "should_match": MATCHING, "claims_everything": True}
    type("Contract", (PlatformContract,), members)().test_it_leaves_the_links_of_others()
    members["plugin"] = _Greedy
    with pytest.raises(AssertionError, match="is claimed"):
        type("Contract", (PlatformContract,), members)().test_it_leaves_the_links_of_others()
