"""`fetchgram compress`, as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import pytest

from .conftest import look

if TYPE_CHECKING:
    from .conftest import Corpus

pytestmark = pytest.mark.timeout(120)


def run(workdir: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fetchgram", "compress", *map(str, words)]
    return subprocess.run(command, cwd=workdir, capture_output=True, text=True, check=False)


def answer(workdir: Path, *words: object) -> dict[str, Any]:
    done = run(workdir, *words, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_film_is_made_to_fit(corpus: Corpus, tmp_path: Path) -> None:
    corpus.into(tmp_path, "animation.mp4")
    found = answer(tmp_path, "source.mp4", "--fit", "150k", "-o", "small.mp4")
    assert (found["path"], found["work"], found["attempts"]) == ("small.mp4", "video", 1)
    assert (tmp_path / "small.mp4").stat().st_size == found["size_bytes"] <= 150_000
    assert {path.name for path in tmp_path.iterdir()} == {"source.mp4", "small.mp4"}


def test_a_plan_does_nothing(corpus: Corpus, tmp_path: Path) -> None:
    corpus.into(tmp_path, "animation.mp4")
    found = answer(tmp_path, "source.mp4", "--fit", "60k", "--plan")
    assert (found["work"], found["exact"], found["video"]["codec"]) == ("video", True, "h264")
    assert 50_000 < found["size_bytes"] <= 60_000
    assert [path.name for path in tmp_path.iterdir()] == ["source.mp4"]
    assert run(tmp_path, "source.mp4", "--fit", "60k", "--plan").stdout.startswith("video: 0.06 MB in about")


def test_sound_goes_beside_the_source_by_default(corpus: Corpus, tmp_path: Path) -> None:
    corpus.into(tmp_path, "animation.mp4")
    done = run(tmp_path, "source.mp4", "--audio", "mp3")
    assert done.stdout.strip() == "source-compressed.mp3"
    assert look(tmp_path / "source-compressed.mp3").audio == "mp3"
    with av.open(str(tmp_path / "source-compressed.mp3")) as song:
        assert (song.metadata["title"], len(song.streams.video)) == ("source", 1)


def test_a_file_that_fits_is_copied_as_it_is(corpus: Corpus, tmp_path: Path) -> None:
    source = corpus.into(tmp_path, "fast.mp4")
    assert answer(tmp_path, "source.mp4", "--fit", "9MB", "-o", "same.mp4")["work"] == "leave"
    assert (tmp_path / "same.mp4").read_bytes() == source.read_bytes()


def test_a_preset_of_the_configuration_and_options_together(corpus: Corpus, tmp_path: Path) -> None:
    corpus.into(tmp_path, "animation.mp4")
    (tmp_path / "fetchgram.toml").write_text('[plugin.compress.presets.tiny]\nlabel = "Tiny"\nheight_px = 90\n')
    found = answer(tmp_path, "source.mp4", "--preset", "tiny", "--mute", "--cut", "0-1", "-o", "out.mp4")
    assert (found["height_px"], found["work"]) == (90, "video")
    assert look(tmp_path / "out.mp4").audio is None


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--fit", "2kB"], 1, "is the least."),
        (["--fit", "much"], 2, "is no size"),
        (["--audio", "midi"], 2, "is not understood"),
        (["--audio", "mp3", "--gif"], 2, "exclude each other"),
        (["--audio", "mp3", "--mute"], 2, "--audio and --mute exclude each other"),
        (["--phone", "--codec", "av1"], 2, "--phone and --codec av1 exclude each other"),
        (["--audio", ""], 2, "is not understood"),
        (["--preset", "gone"], 2, "is not understood"),
        (["--turn", "45"], 2, "is not understood"),
        (["--audio", "mp3", "-o", "song.ogg"], 2, "does not end so"),
        (["--mute", "-o", "source.mp4"], 2, "would replace"),
        (["--mute", "-o", "nowhere/x.mp4"], 2, "is not there"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_a_code(
    corpus: Corpus, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    corpus.into(tmp_path, "talk.mp4")
    done = run(tmp_path, "source.mp4", *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_error_is_json_where_that_is_asked_for(corpus: Corpus, tmp_path: Path) -> None:
    corpus.into(tmp_path, "talk.mp4")
    done = run(tmp_path, "source.mp4", "--fit", "2kB", "--json")
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["code"]) == (1, "compress-unreachable")


def test_a_file_that_is_no_media_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no film")
    done = run(tmp_path, "notes.txt", "--mute")
    assert (done.returncode, "cannot be made of this file" in done.stderr) == (1, True)


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert run(tmp_path, "gone.mp4").returncode == 2


@pytest.mark.parametrize(
    ("mount", "words", "code", "said"),
    [
        ("ro,size=1m", ["--mute"], 2, "cannot be written to"),
        ("size=60k", ["--fit", "9MB"], 1, "no room"),
    ],
)
def test_a_folder_that_takes_no_result_is_told_in_a_sentence_and_stays_as_it_was(
    corpus: Corpus, tmp_path: Path, mount: str, words: list[str], code: int, said: str
) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    command = [sys.executable, "-m", "fetchgram", "compress", corpus.path("fast.mp4"), *words, "-o", folder / "out.mp4"]
    run = f'mount -t tmpfs -o {mount} none "{folder}" && "$@"; code=$?; ls -A "{folder}"; exit $code'
    place = ["unshare", "--map-root-user", "--mount", "sh", "-c", run, "sh", *map(str, command)]
    done = subprocess.run(place, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
