"""Every event that the core writes, what it tells, and nothing else: no link, no title, no name of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fetchgram.model.work import Event

_LONGEST = 64
"""Characters of a text in an event: the names of plugins, routes, options and reasons are shorter."""

_SECONDS = "seconds that it took"
_REASON = "why: the key of the sentence that the person read, without `error-`"
_SIZE = "bytes of all files"


@dataclass(frozen=True, slots=True)
class Happening:
    """One kind of event.

    Args:
        what: When it is written.
        person: Whether it names whose doing it is.
        data: What its `data` may hold, with the meaning; each may be missing.
    """

    what: str
    person: bool = False
    data: Mapping[str, str] = field(default_factory=dict)


_CHOICE = {
    "kind": "what was chosen: `video`, `audio`, `image`, …",
    "height_px": "of the chosen video",
}

HAPPENINGS: Mapping[str, Happening] = {
    "person.new": Happening("somebody is seen for the first time", person=True, data={"language": "as Telegram says"}),
    "person.back": Happening(
        "somebody is seen on another day (UTC) than before", person=True, data={"days": "since they were last seen"}
    ),
    "person.blocked": Happening("somebody blocked the bot", person=True),
    "person.unblocked": Happening("somebody let the bot in again", person=True),
    "person.forgotten": Happening(
        "somebody wants to be forgotten: delete what you have about them; the core has done so", person=True
    ),
    "request.accepted": Happening("a link, or a file, was accepted", person=True),
    "request.ignored": Happening("nobody in a group was sure that a link is meant for the bot", person=True),
    "request.probed": Happening("the menu can be shown", person=True, data={"seconds": _SECONDS}),
    "request.listed": Happening("the picker of a list can be shown", person=True),
    "request.failed": Happening(
        "a link led to nothing that can be chosen", person=True, data={"reason": _REASON, "seconds": _SECONDS}
    ),
    "request.cancelled": Happening("the person cancelled", person=True),
    "request.retried": Happening("the person tried again", person=True),
    "request.send_again": Happening("the person wants once more what may have arrived", person=True),
    "job.queued": Happening(
        "something was chosen and waits in line: one for each item of a list",
        person=True,
        data={"cached": "whether Telegram has the file already", **_CHOICE},
    ),
    "job.begun": Happening("a worker took a job for the first time", data={"waited_s": "seconds in line"}),
    "job.exact": Happening("the wish for an item of a list became a choice"),
    "job.joined": Happening("the same was being done already"),
    "job.stage": Happening(
        "a stage ended",
        data={
            "stage": "`download` or `post_process`",
            "step": "which option, of `post_process`",
            "seconds": _SECONDS,
            "size_bytes": _SIZE,
        },
    ),
    "job.retrying": Happening("it did not work and is tried again", data={"reason": _REASON, "after_s": "seconds"}),
    "job.worker_died": Happening(
        "what worked on it died", data={"lease": "under which", "among": "how many jobs it had"}
    ),
    "job.choice_gone": Happening("what was chosen does not exist any more"),
    "job.delivered": Happening(
        "somebody has the file",
        person=True,
        data={
            "route": "the way out; `cache` sends what Telegram has",
            "cached": "whether nothing had to be fetched",
            "size_bytes": _SIZE,
            "seconds": "since it was put in line",
            "send_s": "of them, for sending",
            **_CHOICE,
        },
    ),
    "delivery.failed": Happening("somebody does not get the file", person=True, data={"reason": _REASON}),
    "delivery.uncertain": Happening("a send was cut in the middle", person=True),
    "job.done": Happening("everybody who waited has an answer"),
    "job.failed": Happening("a job was given up", data={"reason": _REASON, "stage": "in which stage"}),
    "plugin.paused": Happening("a plugin failed too often and rests"),
    "plugin.back": Happening("a plugin that rested works again"),
    "broadcast.done": Happening(
        "a broadcast has reached everybody that it could",
        data={
            "delivered": "messages that arrived",
            "blocked": "people who have blocked the bot",
            "gone": "accounts that are no more",
            "failed": "other failures",
            "uncertain": "may have arrived",
        },
    ),
}


def checked(event: Event) -> Event:
    """Return the event if it is one of those above.

    Raises:
        ValueError: If it is not, or tells more than is written there: observers and people who read that page would
            be wrong about it.
    """
    known = HAPPENINGS.get(event.name)
    if known is None:
        raise ValueError(f"the event {event.name!r} is not among the happenings")
    if not event.data.keys() <= known.data.keys():
        raise ValueError(f"the event {event.name!r} tells {sorted(event.data)}, known are {sorted(known.data)}")
    for value in event.data.values():
        if isinstance(value, dict | list) or (isinstance(value, str) and len(value) > _LONGEST):
            raise ValueError(f"the event {event.name!r} tells more than numbers and short names")
    return event
