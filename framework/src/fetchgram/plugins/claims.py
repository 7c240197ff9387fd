"""What a claim and its probe must be: of the plugin's own, to a web address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fetchgram.model import Link, LinkKind, Probe
from fetchgram.plugins.results import WrongResult, one, one_or_none


def checked_claim(plugin: str) -> Callable[[object], Link | None]:
    """Accept `None` or a link that this plugin may claim."""

    def check(result: object) -> Link | None:
        link = one_or_none(Link)(result)
        if link is not None:
            _check(link, plugin)
        return link

    return check


def checked_probe(plugin: str) -> Callable[[object], Probe]:
    """Accept a probe whose link is still this plugin's."""

    def check(result: object) -> Probe:
        probe = one(Probe)(result)
        if probe.link.plugin != plugin:
            raise WrongResult(f"returned a probe of a link for {probe.link.plugin!r}")
        return replace(probe, title=_encodable(probe.title), author=probe.author and _encodable(probe.author))

    return check


def _encodable(text: str) -> str:
    """Replace halves of surrogate pairs, which sites do send and no database or chat takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _check(link: Link, plugin: str) -> None:
    if link.plugin != plugin:
        raise WrongResult(f"claimed a link for {link.plugin!r}")
    if not isinstance(link.kind, LinkKind):
        raise WrongResult(f"returned a link of kind {link.kind!r}")
    if not isinstance(link.media_id, str) or not link.media_id:
        raise WrongResult("returned a link without media id")
    if not isinstance(link.url, str) or not link.url.startswith(("https://", "http://")):
        raise WrongResult("returned a link that is no http or https URL")
