"""Mends how yt-dlp remembers which pieces of a stream it has, so that going on later leaves no hole and repeats none.

It numbers pieces as they come (`FragmentFD._start_frag_download`). With several at once a later one may come first;
the note then counts a piece that is not in the file yet, and the next attempt leaves that one out. Nor does the note
say how much of the file is good, after a kill between piece and note or on a full disk.
"""

from __future__ import annotations

import os
import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias, cast

from yt_dlp.downloader.fragment import FragmentFD

Progress: TypeAlias = MutableMapping[str, object]
"""yt-dlp's `ctx` of one stream."""

_NUMBER = re.compile(r"-Frag(\d+)$")
_GOOD_BYTES = "good_bytes"
_read_note = FragmentFD._read_ytdl_file  # noqa: SLF001  # kept from before `mend`


class _Downloader(Protocol):
    def _write_ytdl_file(self, progress: Progress) -> None: ...
    def try_remove(self, path: str) -> None: ...


def mend() -> None:
    """Put these two in the place of yt-dlp's own; once more changes nothing."""
    FragmentFD._append_fragment = append  # noqa: SLF001  # they have no other name
    FragmentFD._read_ytdl_file = resume  # noqa: SLF001  # the same


def append(downloader: _Downloader, progress: Progress, content: bytes) -> None:
    """Write the next piece into the file, then note its own number, and how long the file is with it."""
    stream, piece = cast("BinaryIO", progress["dest_stream"]), str(progress.pop("fragment_filename_sanitized"))
    try:
        stream.write(content)
        stream.flush()
    except ValueError:
        if not stream.closed:
            raise
        return  # a later piece failed for good and closed it: its error is the one that will be told
    number = _NUMBER.search(piece)
    if number is None:
        raise ValueError(f"{piece!r} is no name of a piece")
    extra = cast("dict[str, object]", progress.setdefault("extra_state", {}))
    extra[_GOOD_BYTES] = stream.tell()
    downloader._write_ytdl_file({**progress, "fragment_index": int(number[1])})  # noqa: SLF001  # as the one replaced
    downloader.try_remove(piece)


def resume(downloader: _Downloader, progress: Progress) -> None:
    """Read the note of an earlier attempt, and cut the file to what is good; without a note it starts over."""
    _read_note(downloader, progress)
    extra, path = cast("dict[str, int]", progress.get("extra_state", {})), Path(str(progress["tmpfilename"]))
    size_bytes = path.stat().st_size if path.exists() else 0
    good_bytes = extra.get(_GOOD_BYTES, 0)
    if progress.pop("ytdl_corrupt", False) or good_bytes > size_bytes or not good_bytes:
        progress["fragment_index"], good_bytes = 0, 0
        progress.pop("extra_state", None)
    if size_bytes:
        os.truncate(path, good_bytes)
