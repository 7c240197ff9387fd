from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import pytest

import fetchgram_ytdlp
from fetchgram.api import ContentUnavailable, Json, Reason
from fetchgram_ytdlp import EngineOptions
from fetchgram_ytdlp.options import ALLOWED_DOWNLOADERS, build, check_downloader, downloader_name, params

pytestmark = pytest.mark.timeout(60)

PROXY = "http://127.0.0.1:9"


def payload(**more: Json) -> dict[str, Json]:
    return {"options": EngineOptions().to_json() | more, "proxy": PROXY, "ca_file": None}


def test_extractors_keep_nothing_on_disk_unless_a_plugin_names_a_place() -> None:
    assert build(payload()).params["cachedir"] is False
    assert build(payload(cache_dir="/var/cache/site")).params["cachedir"] == "/var/cache/site"


def test_everything_goes_through_the_way_out() -> None:
    assert build(payload()).params["proxy"] == PROXY


@pytest.mark.parametrize(
    "key",
    [
        "exec_cmd",
        "netrc_cmd",
        "netrc_location",
        "cookiesfrombrowser",
        "username",
        "password",
        "client_certificate",
        "nocheckcertificate",
        "prefer_insecure",
        "legacyserverconnect",
        "writelink",
        "writeurllink",
        "writewebloclink",
        "writedesktoplink",
        "writedescription",
        "print_to_file",
        "download_archive",
        "download_ranges",
        "source_address",
        "geo_verification_proxy",
        "load_info_filename",
    ],
)
def test_no_dangerous_option_is_set(key: str) -> None:
    assert not build(payload()).params.get(key)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ignoreconfig", True),
        ("enable_file_urls", False),
        ("usenetrc", False),
        ("external_downloader", None),
        ("fixup", "never"),
        ("postprocessors", []),
        ("skip_unavailable_fragments", False),
        ("cachedir", False),
        ("continuedl", True),
        ("hls_prefer_native", True),
        ("allow_unplayable_formats", False),
        ("writethumbnail", False),
        ("writeinfojson", False),
        ("remote_components", []),
    ],
)
def test_what_must_hold_is_said_and_not_left_to_a_default(key: str, value: object) -> None:
    assert params(payload())[key] == value


def test_the_operators_settings_arrive() -> None:
    options = replace(
        EngineOptions(),
        socket_timeout_s=3,
        retries=2,
        concurrent_fragments=5,
        max_bytes=9,
        user_agent="me",
        extractors=("x",),
    )
    found = params(payload(**options.to_json()))
    assert (found["socket_timeout"], found["retries"], found["fragment_retries"]) == (3, 2, 2)
    assert (found["concurrent_fragment_downloads"], found["max_filesize"]) == (5, 9)
    assert found["http_headers"] == {"User-Agent": "me"}
    assert found["allowed_extractors"] == ["x"]


def test_pauses_between_tries_grow_and_stay_short() -> None:
    pause = build(payload()).params["retry_sleep_functions"]["http"]  # type: ignore[index]  # a dictionary
    assert [pause(n=n) for n in range(6)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]


def test_no_program_is_started_by_ytdlp() -> None:
    from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor  # noqa: PLC0415  # after the environment is set

    assert not FFmpegPostProcessor(build(payload())).available


@pytest.mark.parametrize(
    ("statement", "is_imported"), [("build(payload)", False), ("import yt_dlp; yt_dlp.YoutubeDL()", True)]
)
def test_ytdlps_own_plugins_are_not_looked_for(tmp_path: Path, statement: str, *, is_imported: bool) -> None:
    folder = tmp_path / "yt_dlp_plugins" / "extractor"
    folder.mkdir(parents=True)
    mark = tmp_path / "imported"
    (folder / "evil.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
    code = f"from fetchgram_ytdlp.options import build; payload = {payload()!r}; {statement}"
    env = {"PYTHONPATH": str(tmp_path), "HOME": str(tmp_path), "PATH": os.defpath}
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    assert mark.exists() is is_imported


def test_the_operators_authorities_are_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "")
    downloader = build({**payload(), "ca_file": "/some/bundle.pem"})
    assert os.environ["SSL_CERT_FILE"] == "/some/bundle.pem"
    assert "no-certifi" in downloader.params["compat_opts"]  # type: ignore[operator]  # a set


def test_cookies_are_read_and_never_written(tmp_path: Path) -> None:
    file = tmp_path / "cookies.txt"
    text = "# Netscape HTTP Cookie File\nsite.example\tFALSE\t/\tTRUE\t0\tname\tsecret\n"
    file.write_text(text)
    downloader = build(payload(cookies_file=str(file)))
    assert [cookie.value for cookie in downloader.cookiejar] == ["secret"]  # type: ignore[attr-defined]  # of yt-dlp
    downloader.close()
    assert file.read_text() == text


@pytest.mark.parametrize(
    ("stream", "name"),
    [
        ({"url": "https://a.example/x.mp4"}, "HttpFD"),
        ({"url": "https://a.example/x.m3u8", "protocol": "m3u8_native"}, "HlsFD"),
        ({"url": "https://a.example/x.m3u8", "protocol": "m3u8"}, "HlsFD"),
        ({"url": "https://a.example/x.mpd", "protocol": "http_dash_segments"}, "DashSegmentsFD"),
    ],
)
def test_plain_files_and_pieces_are_fetched_by_ytdlp_itself(stream: dict[str, object], name: str) -> None:
    downloader = build(payload())
    assert downloader_name(downloader, stream) == name
    check_downloader(downloader, stream)


@pytest.mark.parametrize(
    "stream",
    [
        {"url": "https://a.example/x.m3u8", "protocol": "m3u8_native", "is_live": True},
        {"url": "https://a.example/x.mpd", "protocol": "http_dash_segments", "is_live": True},
        {"url": "https://a.example/x.mp4", "section_start": 1},
        {"url": "rtmp://a.example/x", "protocol": "rtmp"},
        {"url": "rtmp://a.example/x", "protocol": "rtmp_ffmpeg"},
        {"url": "https://a.example/x", "protocol": "websocket_frag"},
        {"url": "https://a.example/x", "protocol": "niconico_live"},
        {"url": "https://a.example/x", "protocol": "fc2_live"},
        {"url": "https://a.example/x", "protocol": "youtube_live_chat"},
        {"url": "https://a.example/x", "protocol": "mhtml"},
        {"url": "https://a.example/x", "protocol": "soopvod"},
        {"url": "https://a.example/x", "protocol": "f4m"},
        {"url": "https://a.example/x.mp4", "protocol": "m3u8+http"},
    ],
)
def test_every_other_downloader_is_refused_by_name(
    stream: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where ffmpeg can be found, yt-dlp takes it: the white list has to hold then too.
    (tmp_path / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    monkeypatch.setenv("PATH", str(tmp_path))
    # What yt-dlp found, or did not, in another test's PATH.
    monkeypatch.setattr("yt_dlp.postprocessor.ffmpeg.FFmpegPostProcessor._version_cache", {None: None})
    downloader = build(payload())
    downloader.params["ffmpeg_location"] = None
    with pytest.raises(ContentUnavailable) as caught:
        check_downloader(downloader, stream)
    assert caught.value.reason is Reason.PROTOCOL


def test_each_downloader_of_the_white_list_exists() -> None:
    from yt_dlp import downloader  # noqa: PLC0415  # beside the other import

    assert all(hasattr(downloader, name) for name in ALLOWED_DOWNLOADERS)


def test_only_the_engines_own_modules_know_ytdlp() -> None:
    """The bot's process imports the rest: yt-dlp takes a second and 37 MB."""
    in_children = {"catalogue", "client", "failures", "options", "direct", "pieces", "texts"}
    folder = Path(fetchgram_ytdlp.__file__).parent
    found = {path.stem for path in folder.glob("*.py") if _imports_ytdlp(path)}
    assert found == in_children


def _imports_ytdlp(path: Path) -> bool:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return any(name.partition(".")[0] == "yt_dlp" for name in names)
