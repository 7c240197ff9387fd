"""What will happen in a run: who asks for what and when, and what goes wrong; all of it follows from the seed."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, replace

GOOD = (
    ("/watch/colours?n={n}", "144p"),
    ("/watch/colours?n={n}", "360p"),
    ("/watch/colours?kbps=1200&n={n}", "720p"),
    ("/watch/colours?kbps=600&n={n}", "360p"),
    ("/watch/colours?vanish_after=1&n={n}", "720p"),
    ("/watch/stream?n={n}", "144p"),
    ("/watch/stream?n={n}", "360p"),
    ("/watch/dash?n={n}", "360p"),
    ("/watch/dash?n={n}", "720p"),
    ("/watch/song?n={n}", "🎵"),
    ("/media/picture.jpg?n={n}", "🖼"),
    ("/media/padded-1500000.mp4?n={n}", ""),
)
BAD = (
    "/bad/404?n={n}",
    "/bad/500?n={n}",
    "/bad/429?retry_after=2&n={n}",
    "/bad/short.mp4?n={n}",
    "/bad/endless.mp4?n={n}",
    "/bad/page.mp4?n={n}",
    "/media/clip-720.mp4?kbps=4000&cut_after=450000&n={n}",
)
LISTS = ("/list/3?n={n}", "/list/4?gone=3&n={n}&kbps=120", "/list/5?n={n}&kbps=200")
"""Some of each as a playlist: whole, with a hole, slow."""

SHARED_ITEM = "/media/clip-144.mp4?list={count}&item=2&{query}"
"""What the second item of such a list is, for somebody who wants it alone."""

REFUSED_MARK = "refused=1"
REFUSED = f"/media/padded-700000.mp4?{REFUSED_MARK}&n={{n}}"
"""A file that Telegram refuses whenever it is sent."""
TWIN_LIST = "/list/2?n={n}&kbps=100"
"""A list so slow that whoever wants its second item alone is still at it when the list comes to it."""
UNCLAIMED = "/watch/colours?n={n}"
"""A link of which nobody is sure that it is meant for the bot: in a group it is not answered."""

_LASTS_S = {
    # Long enough that somebody downloads meanwhile.
    "cut": (20.0,),
    "child": (3.0,),
    "ffmpeg": (3.0,),
    # Half of them are never woken again.
    "stop": (2.0, 5.0, 3600.0, 3600.0),
    # Some outlast the time that a writer waits for another one.
    "lock": (1.0, 2.0, 4.0, 12.0),
    # From a stutter to far longer than a lease.
    "line": (2.0, 8.0, 20.0),
}

EARLY = 4
"""So many of the first lives end at a transition."""
SEVERAL = 2
"""At so many transitions somebody dies in every run: on a very busy machine it goes on until then."""

RARE_EVERY_S = 10.0
"""So often something is wished for that goes through a transition which hardly ever happens by itself."""

LIST_SHARE = 0.1
PEOPLE_SHARE = 0.4
"""People per wish: some have several wishes under way."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One link that one person sends, and how they behave afterwards."""

    at_s: float
    person: int
    path: str
    label: str
    in_group: bool = False
    double_tap: bool = False
    cancel_after_s: float | None = None
    tries_again: bool = False
    sends_again: bool = False
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that goes wrong, from a moment on, for so long."""

    at_s: float
    kind: str
    seconds: float = 0.0
    flavour: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """How one life of the bot ends: at a transition, or at a moment; and how long it lies dead.

    Of several processes two may end together, with this probability, if it is at a moment.
    """

    grace_s: float
    at_transition: bool
    dead_s: float
    together: float = 0.3


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the seed decides."""

    seed: int
    seconds: float
    wishes: tuple[Wish, ...]
    troubles: tuple[Trouble, ...]
    lives: tuple[Life, ...]


def make_plan(seed: int, jobs: int, seconds: float, *, shared: bool = False) -> Plan:
    """Draw a run; with a shared database workers are cut off from it, too."""
    rng = random.Random(seed)
    return Plan(
        seed=seed,
        seconds=seconds,
        wishes=tuple(_wishes(rng, jobs, seconds)),
        troubles=tuple(_troubles(rng, seconds, shared=shared)),
        lives=tuple(_life(rng, number) for number in range(int(seconds) + 10)),
    )


def _wishes(rng: random.Random, jobs: int, seconds: float) -> list[Wish]:
    people = max(2, round(jobs * PEOPLE_SHARE))
    wishes = _rare_wishes(rng, people, seconds)[: jobs // 3]
    while len(wishes) < jobs:
        wish = _wish(rng, len(wishes), rng.randrange(people), rng.uniform(0, seconds * 0.85))
        wishes.append(wish)
        if wish.is_list:
            wishes.append(_item_of(wish, rng.randrange(people)))
        elif rng.random() < 0.12 and not wish.in_group:
            others = rng.sample(range(people), min(2, people))
            wishes += [replace(wish, person=other, cancel_after_s=None) for other in others if other != wish.person]
    return sorted(wishes[:jobs], key=lambda wish: wish.at_s)


def _rare_wishes(rng: random.Random, people: int, seconds: float) -> list[Wish]:
    """Draw, one kind after the other, what leads to a refused file, to two jobs that are the same, and to silence."""
    wishes: list[Wish] = []
    kinds = itertools.cycle(rng.sample((_refused, _twins, _unclaimed), 3))
    at_s = rng.uniform(0, RARE_EVERY_S)
    while at_s < seconds * 0.85:
        wishes += next(kinds)(at_s, f"rare{len(wishes)}", rng.sample(range(people), 2))
        at_s += rng.uniform(0.5, 1.5) * RARE_EVERY_S
    return wishes


def _refused(at_s: float, name: str, people: list[int]) -> list[Wish]:
    return [Wish(at_s=at_s, person=people[0], path=REFUSED.format(n=name), label="")]


def _twins(at_s: float, name: str, people: list[int]) -> list[Wish]:
    wish = Wish(at_s=at_s, person=people[0], path=TWIN_LIST.format(n=name), label="", is_list=True)
    return [wish, _item_of(wish, people[1])]


def _unclaimed(at_s: float, name: str, people: list[int]) -> list[Wish]:
    return [Wish(at_s=at_s, person=people[0], path=UNCLAIMED.format(n=name), label="", in_group=True)]


def _item_of(wish: Wish, person: int) -> Wish:
    """Let somebody else want one item of a list, at the same time."""
    count, _, query = wish.path.removeprefix("/list/").partition("?")
    path = SHARED_ITEM.format(count=count, query="&".join(each for each in query.split("&") if "gone" not in each))
    return Wish(at_s=wish.at_s, person=person, path=path, label="")


def _wish(rng: random.Random, number: int, person: int, at_s: float) -> Wish:
    drawn = rng.random()
    is_list = drawn < LIST_SHARE
    path, label = (rng.choice(LISTS), "") if is_list else rng.choice(GOOD) if drawn < 0.8 else (rng.choice(BAD), "")
    return Wish(
        at_s=at_s,
        person=person,
        path=path.format(n=number),
        label=label,
        in_group=rng.random() < 0.08 and not is_list,
        double_tap=rng.random() < 0.3,
        cancel_after_s=rng.uniform(0, 6) if rng.random() < 0.12 else None,
        tries_again=rng.random() < 0.4,
        sends_again=rng.random() < 0.6,
        is_list=is_list,
    )


def _troubles(rng: random.Random, seconds: float, *, shared: bool) -> list[Trouble]:
    troubles: list[Trouble] = []
    at_s = rng.uniform(0.5, 2)
    while at_s < seconds:
        troubles.append(_trouble(rng, at_s, shared=shared))
        at_s += rng.uniform(0.8, 3.0)
    return troubles


def _trouble(rng: random.Random, at_s: float, *, shared: bool) -> Trouble:
    kinds = ("child", "ffmpeg", "stop", "lock", "disk", "telegram", "cut", "line")
    (kind,) = rng.choices(kinds, weights=(4, 3, 2, 2, 2, 6, 3, 3 if shared else 0))
    if kind == "telegram":
        flavour = rng.choice(("flood", "down", "lost", "closed", "slow", "garbage"))
        return Trouble(at_s, kind, rng.uniform(1, 5), flavour)
    if kind == "disk":
        return Trouble(at_s, kind, rng.uniform(0.5, 3))
    return Trouble(at_s, kind, rng.choice(_LASTS_S[kind]))


def _life(rng: random.Random, number: int) -> Life:
    """Draw how a life ends: the first ones at a transition and soon, so that a short run has some of each."""
    is_early = number < EARLY
    return Life(
        grace_s=rng.choice((0.0, 0.0, 0.1, 0.3) if is_early else (0.0, 0.0, 0.1, 0.3, 1.0, 2.0)),
        at_transition=is_early or rng.random() < 0.75,
        dead_s=rng.uniform(0, 1),
    )
