"""For authors of plugins: a contract that gives a plugin its tests, and fakes of what a plugin is given."""

from __future__ import annotations

from fetchgram.testing.contract import Case, PlatformContract
from fetchgram.testing.fakes import (
    FakeClock,
    FakeContext,
    FakeCourier,
    FakeLedger,
    FakeMediaTools,
    FakeNetwork,
    FakeNotifyAdmins,
    FakeSentences,
    FakeSink,
    FakeWorkers,
)
from fetchgram.testing.platform import FakePlatform, fake_platform
from fetchgram.testing.tables import NoDatabase, open_database

__all__ = [
    "Case",
    "FakeClock",
    "FakeContext",
    "FakeCourier",
    "FakeLedger",
    "FakeMediaTools",
    "FakeNetwork",
    "FakeNotifyAdmins",
    "FakePlatform",
    "FakeSentences",
    "FakeSink",
    "FakeWorkers",
    "NoDatabase",
    "PlatformContract",
    "fake_platform",
    "open_database",
]
