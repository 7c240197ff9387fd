"""The built-in plugin `folder`: delivers into a folder of this machine, for `fetchgram get`."""

from __future__ import annotations

import asyncio
import errno
import shutil
from collections.abc import Sequence
from pathlib import Path

from fetchgram.errors import CannotDeliver, DiskFull
from fetchgram.hookspecs import hookimpl
from fetchgram.model import Delivery, Destination, Folder, Media, MediaKind, Receipt, Route
from fetchgram.ports import Context, Ledger, Sink
from fetchgram.settings import SettingsModel

_UNLIMITED = 2**62


class FolderPlugin:
    """A route for every file, as large as the disk."""

    name = "folder"
    api_version = 1
    Settings = SettingsModel

    def __init__(self, settings: SettingsModel, context: Context | None) -> None:
        self._settings, self._context = settings, context

    @hookimpl
    def routes(self, destination: Destination) -> Sequence[Route]:
        """Name the one route, for folders only."""
        if not isinstance(destination, Folder):
            return ()
        limits = {kind.value: _UNLIMITED for kind in MediaKind}
        return (Route(plugin=self.name, name="folder", order=10, max_bytes=limits),)

    @hookimpl
    async def deliver(self, delivery: Delivery, media: Sequence[Media], ledger: Ledger, sink: Sink) -> Receipt:
        """Copy the files; one that an interrupted attempt has put there already is not put there twice."""
        if not isinstance(delivery.destination, Folder):
            raise CannotDeliver(f"{delivery.destination!r} is no folder")
        paths: list[Path] = []
        total = sum(item.size_bytes for item in media)
        for number, item in enumerate(media):
            known = await ledger.get(f"path:{number}")
            target = Path(known) if isinstance(known, str) else None
            if target is None:
                target = await asyncio.to_thread(_reserve, delivery.destination.path, item)
                await ledger.put(f"path:{number}", str(target))
            await asyncio.to_thread(_copy, item.path, target)
            paths.append(target)
            sink.progress(sum(done.size_bytes for done in media[: number + 1]), total)
        return Receipt(route="folder", paths=tuple(paths), size_bytes=total)


def _reserve(folder: Path, item: Media) -> Path:
    """Create an empty file under a name that was free."""
    wanted = Path(item.file_name or item.path.name)
    number = 1
    while True:
        suffix = f" ({number})" if number > 1 else ""
        target = folder / f"{wanted.stem}{suffix}{wanted.suffix}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            target.touch(exist_ok=False)
        except FileExistsError:
            number += 1
        except OSError as error:
            raise CannotDeliver(f"{str(folder)!r} cannot be written to: {error.strerror}") from error
        else:
            return target


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(f"no room for {target.name!r}") from error
        raise CannotDeliver(f"{str(target)!r} cannot be written: {error.strerror}") from error
