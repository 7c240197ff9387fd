"""The files of the world on disk: streamed in, never held in memory."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from fetchgram_sandbox import fileids, sniff
from fetchgram_sandbox.fileids import DC_ID
from fetchgram_sandbox.objects import StoredFile


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has just arrived and lies in the store's folder, not yet part of a message."""

    path: Path
    name: str

    @property
    def size_bytes(self) -> int:
        """Return how large the file is."""
        return self.path.stat().st_size


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What a client tells of a film, a song or a picture beside its bytes; what is 0 or empty it did not say."""

    duration_s: int = 0
    width_px: int = 0
    height_px: int = 0
    title: str = ""
    performer: str = ""


class FileStore:
    """Keeps files in one folder, which goes away with it unless the caller named it."""

    def __init__(self, folder: Path | None = None) -> None:
        self._is_ours = folder is None
        self.folder = Path(tempfile.mkdtemp(prefix="fetchgram-sandbox-")) if folder is None else folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count(1)
        self._parts = itertools.count(1)
        self._files: dict[int, StoredFile] = {}

    def new_path(self) -> Path:
        """Return a path in the folder where an upload may be written."""
        return self.folder / f"part-{next(self._parts)}"

    def adopt(self, upload: Upload, kind: str, *, dc_id: int = DC_ID) -> StoredFile:
        """Make an upload a file of a kind in a data centre; its mime type is what its bytes say."""
        number = next(self._numbers)
        path = self.folder / f"file_{number}{Path(upload.name).suffix[:12]}"
        upload.path.rename(path)
        width_px, height_px = sniff.picture_size_px(path) or (0, 0)
        file = StoredFile(
            number=number,
            kind=kind,
            path=path,
            size_bytes=path.stat().st_size,
            mime=sniff.mime_of(path, upload.name),
            name=upload.name,
            width_px=width_px,
            height_px=height_px,
            dc_id=dc_id,
        )
        return self.update(file)

    def update(self, file: StoredFile, **changes: object) -> StoredFile:
        """Remember a file with changed fields."""
        changed = replace(file, **changes)  # type: ignore[arg-type] # the field's own types are checked by callers
        self._files[file.number] = changed
        return changed

    def describe(self, file: StoredFile, facts: FileFacts) -> StoredFile:
        """Remember what was told of a file."""
        return self.update(file, **{name: value for name, value in asdict(facts).items() if value})

    def find(self, file_id: str) -> StoredFile:
        """Return the file with an id.

        Raises:
            LookupError: There is none, or the id speaks of another kind.
        """
        try:
            kind, number = fileids.decode(file_id)
        except ValueError as error:
            raise LookupError(str(error)) from error
        return self.by_number(number, kind)

    def by_number(self, number: int, kind: str | None = None) -> StoredFile:
        """Return a file by the number in its id.

        Raises:
            LookupError: There is none of this kind.
        """
        file = self._files.get(number)
        if file is None or (kind is not None and file.kind != kind):
            raise LookupError(f"no file {number} of kind {kind!r}")
        return file

    def close(self) -> None:
        """Delete the folder, if it was made here."""
        if self._is_ours:
            shutil.rmtree(self.folder, ignore_errors=True)
