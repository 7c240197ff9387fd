"""What happens in the child: plugins are built from their settings alone and asked for whole batches of links."""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import pluggy

from fetchgram import hookspecs
from fetchgram.configuration import validate
from fetchgram.model import Json, Link, decode, encode
from fetchgram.plugins.checks import settings_class
from fetchgram.plugins.claims import checked_claim

TARGET = "fetchgram.plugins.detection_child:detect_batch"
WARM_UP_URL = "https://fetchgram.invalid/"
"""Reserved by RFC 2606: nobody's link, so a plugin only gets its patterns ready."""

_HOOK = "detect"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A plugin as the bot describes it; a resting one is heard only where no other one is sure."""

    name: str
    target: str
    settings: str
    resting: bool


def detect_batch(payload: Json, report: Callable[[Json], None]) -> Json:
    """Ask the plugins one after the other for all links that nobody before has claimed.

    Args:
        payload: `plugins` in the order to ask, and `urls`.
        report: Told who is being built or asked, so that the bot knows the culprit when it has to kill.

    Returns:
        `links`: a claim or null for each URL; `errors`: text and traceback of the first failure by plugin.
    """
    data = cast("dict[str, Json]", payload)
    urls = cast("list[str]", data["urls"])
    claims: list[Link | None] = [None] * len(urls)
    errors: dict[str, Json] = {}
    for item in cast("list[dict[str, Json]]", data["plugins"]):
        asked = _asked(item)
        try:
            ask = _ready(asked, report)
            report({"asks": asked.name})
            _ask_all(ask, urls, claims, resting=asked.resting)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # its own fault, and no reason not to ask the others
            errors[asked.name] = _described(error)
    return {"links": [None if claim is None else encode(claim) for claim in claims], "errors": errors}


def _asked(item: Mapping[str, Json]) -> _Asked:
    return _Asked(
        name=str(item["name"]),
        target=str(item["target"]),
        settings=json.dumps(item["settings"], sort_keys=True),
        resting=bool(item["resting"]),
    )


def _ready(asked: _Asked, report: Callable[[Json], None]) -> Callable[[str], Link | None]:
    report({"builds": asked.name})
    return _built(asked.name, asked.target, asked.settings)


@functools.lru_cache(maxsize=64)
def _built(name: str, target: str, settings: str) -> Callable[[str], Link | None]:
    """Build once per child: a warm child is the point of it."""
    module, _, path = target.partition(":")
    kind = cast("type", functools.reduce(getattr, path.split("."), importlib.import_module(module)))
    own = validate(settings_class(kind), cast("dict[str, Json]", json.loads(settings)), f"plugin.{name}")
    ask = _asker(name, kind(own, None))
    with contextlib.suppress(Exception):  # an error will be seen with a link that somebody sent
        ask(WARM_UP_URL)  # what is imported on first use is imported now, not in somebody's time
    return ask


def _asker(name: str, plugin: object) -> Callable[[str], Link | None]:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin, name)
    impl = manager.hook.detect.get_hookimpls()[0]
    check = checked_claim(name)

    def ask(url: str) -> Link | None:
        claim = check(impl.function(*[{"url": url}[argument] for argument in impl.argnames]))
        # Through JSON and back: what does not survive it would fail in the bot.
        return None if claim is None else decode(Link, encode(claim))

    return ask


def _ask_all(
    ask: Callable[[str], Link | None], urls: Sequence[str], claims: list[Link | None], *, resting: bool
) -> None:
    """Fill in the claims; raise the first failure at the end, since one bad link must not spoil the others."""
    failures: list[BaseException] = []
    for index, url in enumerate(urls):
        claim = claims[index]
        if claim is not None and (claim.sure or not resting):
            continue
        try:
            found = ask(url)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # raised below
            failures.append(error)
            continue
        if found is not None and (found.sure or claim is None):
            claims[index] = found
    if failures:
        raise failures[0]


def _described(error: BaseException) -> Json:
    return [f"{_HOOK}: {type(error).__name__}: {error}"[:500], "".join(traceback.format_exception(error))[-20_000:]]
