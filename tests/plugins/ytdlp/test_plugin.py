from __future__ import annotations

import inspect
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from fetchgram import hookspecs
from fetchgram.api import ConfigError, Health, Link, LinkKind, PluginError
from fetchgram.testing.contract import PlatformContract
from fetchgram_ytdlp import versions
from fetchgram_ytdlp.plugin import Plugin
from fetchgram_ytdlp.urls import digest

LINK = Link(plugin="ytdlp", kind=LinkKind.VIDEO, media_id="x", url="https://site.example/")


class TestContract(PlatformContract):
    plugin = Plugin
    claims_everything = True
    should_match = (
        ("https://vimeo.com/56015672?utm_source=x", "video", "Vimeo:56015672"),
        ("https://www.dailymotion.com/video/x5kesuj", "video", "Dailymotion:x5kesuj"),
        ("https://Files.Example:443/a/clip.mp4#t=3", "file", f"url:{digest('https://files.example/a/clip.mp4')}"),
    )
    should_not_match = (
        "https://vimeo.example/56015672",
        "https://blog.example/clip.mp4.html",
        "https://blog.example/?file=clip.mp4",
        "https://dailymotion.com.example/video/x5kesuj",
    )


def make(context: object = None) -> Plugin:
    return Plugin(Plugin.Settings(), context)  # type: ignore[arg-type]  # a stand-in where only the clock is asked


def test_it_is_asked_last() -> None:
    marks = getattr(Plugin.detect, f"{hookspecs.PROJECT}_impl")
    assert marks["trylast"]


def test_it_detects_without_a_context() -> None:
    link = make().detect("https://vimeo.com/56015672")
    assert link is not None
    assert (link.plugin, link.media_id) == ("ytdlp", "Vimeo:56015672")


async def test_nothing_else_works_without_a_context() -> None:
    with pytest.raises(PluginError):
        await make().probe(LINK)


@pytest.mark.timeout(60)
def test_importing_it_costs_next_to_nothing_and_no_ytdlp() -> None:
    code = (
        "import fetchgram.api, sys, time; t = time.process_time(); import fetchgram_ytdlp.plugin;"
        "print(time.process_time() - t, 'yt_dlp' in sys.modules)"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(3)]
    seconds, has_ytdlp = zip(*(run.stdout.split() for run in runs), strict=True)
    assert set(has_ytdlp) == {"False"}
    assert min(float(each) for each in seconds) < 0.010


@pytest.mark.parametrize(("age_days", "health"), [(1, Health.OK), (90, Health.OK), (91, Health.WARNING)])
async def test_an_old_ytdlp_is_a_warning(age_days: int, health: Health) -> None:
    day = versions.released(versions.installed())
    assert day is not None
    now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(days=age_days)
    context = SimpleNamespace(clock=SimpleNamespace(now=lambda: now))
    (check,) = make(context).health_checks()
    report = await check.check()
    assert report.health is health
    assert f"{age_days} days" in report.detail


@pytest.mark.parametrize("version", ["2026.7.3", "2024.04.09", "2026.06.09"])
def test_a_version_with_known_holes_is_refused(version: str) -> None:
    with pytest.raises(ConfigError, match="holes"):
        versions.refuse_unsafe(version)


@pytest.mark.parametrize("version", ["2026.7.4", "2026.10.26", "2027.1.1.123456", "unknown"])
def test_a_version_without_known_holes_is_taken(version: str) -> None:
    versions.refuse_unsafe(version)


def test_each_setting_has_a_unit_a_default_and_a_description() -> None:
    settings = Plugin.Settings()
    for name, field in Plugin.Settings.model_fields.items():
        assert field.description, name
        assert hasattr(settings, name)


def test_each_hook_has_a_parameter_of_its_specification() -> None:
    for name in ("detect", "probe", "entries", "download"):
        spec, impl = getattr(hookspecs, name), getattr(Plugin, name)
        assert set(inspect.signature(impl).parameters) - {"self"} <= set(inspect.signature(spec).parameters)
        assert inspect.iscoroutinefunction(spec) == inspect.iscoroutinefunction(impl)


def test_the_readme_has_a_row_for_each_setting() -> None:
    readme = (Path(__file__).parents[3] / "plugins" / "ytdlp" / "README.md").read_text(encoding="utf-8")
    rows = {f"| `{name}` |": field.description for name, field in Plugin.Settings.model_fields.items()}
    assert [row for row, description in rows.items() if row not in readme or str(description) not in readme] == []
