"""Orders: what was chosen becomes a recipe, and the recipe a job in the queue."""

from __future__ import annotations

from collections.abc import Sequence

from fetchgram.errors import ChoiceGone
from fetchgram.model import At, Choice, Link, Person, Recipe, Request, Step
from fetchgram.pipeline import facts
from fetchgram.pipeline.limits import Limits
from fetchgram.pipeline.persons import Persons
from fetchgram.pipeline.queue import JobQueue
from fetchgram.pipeline.requests import probe_of
from fetchgram.pipeline.turns import Work
from fetchgram.plugins.hooks import Hooks
from fetchgram.ports import Clock
from fetchgram.storage import Session


def recipe_of(hooks: Hooks, link: Link, choice: Choice, steps: Sequence[Step] = ()) -> Recipe:
    """Build a recipe; the plugins of its steps shape the result as the link's own does."""
    settings, schema = hooks.shape(link.plugin)
    others = sorted({step.plugin for step in steps if step.at is At.AFTER} - {link.plugin})
    shapes = [f"{name}:{':'.join(map(str, hooks.shape(name)))}" for name in others]
    return Recipe(choice=choice, steps=tuple(steps), settings="+".join([settings, *shapes]), schema=schema)


class Orders:
    """Writes recipes and puts them into the queue.

    Args:
        hooks: The plugins, which say what shapes a result.
        queue: Takes the jobs.
        limits: Of people.
        persons: Whose the requests are.
        clock: Time.
    """

    def __init__(self, *, hooks: Hooks, queue: JobQueue, limits: Limits, persons: Persons, clock: Clock) -> None:
        self._hooks = hooks
        self._queue = queue
        self._limits = limits
        self._persons = persons
        self._clock = clock

    def recipe(self, link: Link, choice: Choice, steps: Sequence[Step] = ()) -> Recipe:
        """Build the recipe of a choice."""
        return recipe_of(self._hooks, link, choice, steps)

    async def check_link(self, session: Session, person: Person) -> None:
        """Let a person send one more link.

        Raises:
            LimitReached: Told; nothing was written.
        """
        await self._limits.check_link(session, self._persons.with_role(person))

    async def check(self, session: Session, request: Request) -> None:
        """Let a person have one more job.

        Raises:
            LimitReached: Told; nothing was written.
        """
        await self._limits.check_job(session, await self._persons.of(session, request))

    async def put(self, session: Session, request: Request, work: Work) -> None:
        """Put a request with its recipe into the queue; say so with `announce` after the commit.

        Args:
            session: The caller's transaction.
            request: With what was chosen.
            work: How much of a turn it costs.

        Raises:
            ChoiceGone: If nothing was chosen.
        """
        now, probe, recipe = self._clock.now(), probe_of(request), request.recipe
        if recipe is None:
            raise ChoiceGone(probe.choices)
        cached = await session.cache.get(request.bot_id, recipe.fingerprint(probe.link), now) is not None
        job, delivery = await self._queue.put(
            session, request, link=probe.link, recipe=recipe, title=probe.title, cached=cached, work=work
        )
        size_bytes, duration_s = recipe.choice.size_bytes or 0, recipe.length_s(probe.duration_s)
        await session.deliveries.expect(delivery.id, size_bytes=size_bytes, duration_s=duration_s)
        told = facts.chosen(recipe.choice)
        await session.events.add(facts.of_job("job.queued", job, now, request=request, cached=cached, **told))

    def announce(self) -> None:
        """Say, after the commit, that there is work."""
        self._queue.announce()
