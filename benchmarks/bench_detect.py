"""Whose is this link: links a second through `fetchgram detect -`, over yt-dlp's own test links."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter

from table import Table, is_quick, ratio

_BARE = """
import sys, time
began = time.perf_counter()
from yt_dlp.extractor import gen_extractor_classes
extractors = list(gen_extractor_classes())
loaded = time.perf_counter()
for line in sys.stdin:
    url = line.strip()
    next((each for each in extractors if each.suitable(url)), None)
print(loaded - began, time.perf_counter() - loaded)
"""


def main() -> None:
    """Measure and print."""
    rounds = 1 if is_quick(__doc__ or "") else 3
    table = Table("Detection: links from yt-dlp's own tests, whole process", "way", "links", "s", "links/s", "x bare")
    urls = _test_urls()
    bare_s = min(_timed([sys.executable, "-c", _BARE], urls)[0] for _ in range(rounds))
    ours = [_timed([sys.executable, "-m", "fetchgram", "detect", "-", "--json"], urls) for _ in range(rounds)]
    ours_s = min(seconds for seconds, _ in ours)
    table.row("fetchgram detect -", *_cells(len(urls), ours_s), ratio(ours_s, bare_s))
    table.row("yt-dlp's `suitable`, one after the other", *_cells(len(urls), bare_s), "1.00")
    table.note(_claimed(ours[0][1]))
    table.note(
        f"The best of {rounds}. Bound: the import of all extractors, then their regular expressions (one core a child)."
    )
    table.note("`x bare` below 1 is faster.")
    table.show()


def _test_urls() -> list[str]:
    code = (
        "from yt_dlp.extractor import gen_extractors\n"
        "for each in gen_extractors():\n"
        "    for case in each.get_testcases(include_onlymatching=True): print(case['url'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return [url for line in done.stdout.splitlines() if (url := line.strip()).startswith("http")]


def _timed(command: list[str], urls: list[str]) -> tuple[float, str]:
    began = time.perf_counter()
    done = subprocess.run(command, input="\n".join(urls), capture_output=True, text=True, check=True)
    return time.perf_counter() - began, done.stdout


def _cells(links: int, seconds: float) -> tuple[str, str, str]:
    return str(links), f"{seconds:.2f}", f"{links / seconds:.0f}"


def _claimed(output: str) -> str:
    plugins = Counter(json.loads(line)["plugin"] or "nobody" for line in output.splitlines())
    return "Claimed by: " + ", ".join(f"{name} {count}" for name, count in plugins.most_common())


if __name__ == "__main__":
    main()
