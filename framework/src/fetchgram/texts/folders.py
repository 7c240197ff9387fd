"""Where the catalogues of installed plugins are, found without importing the plugins."""

from __future__ import annotations

import importlib.util
from importlib import metadata
from pathlib import Path

import structlog

from fetchgram.hookspecs import PROJECT
from fetchgram.settings import Settings

log = structlog.get_logger()


def catalogues_of(settings: Settings) -> dict[str, Path]:
    """Return the folder of each installed plugin's package by the plugin's name, for `Texts.load`."""
    found: dict[str, Path] = {}
    for point in metadata.entry_points(group=f"{PROJECT}.plugins"):
        folder = _package_folder(point)
        if folder is not None and point.name not in settings.plugins.disabled:
            found[point.name] = folder
    return found


def _package_folder(point: metadata.EntryPoint) -> Path | None:
    top = point.value.partition(":")[0].partition(".")[0].strip()
    try:
        spec = importlib.util.find_spec(top)
    except Exception as error:  # noqa: BLE001  # a broken plugin is the loader's row to write, here it only has no sentences
        log.warning("texts.package_not_found", plugin=point.name, error=str(error))
        return None
    if top == PROJECT or spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))
