"""From a wish for all items of a list to what exactly one of them brings, when its turn has come."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from fetchgram.errors import ContentUnavailable, Reason, TooLarge
from fetchgram.model import Choice, ChoiceKind, Job, Person, Probe, Recipe, Request, Route, Step, text
from fetchgram.pipeline.menu import IN_PARTS, Ways
from fetchgram.pipeline.orders import recipe_of
from fetchgram.pipeline.outcome import Outcomes
from fetchgram.plugins.hooks import Hooks


class Resolver:
    """Looks at an item and picks the choice that its wish means there.

    Args:
        hooks: The plugins.
        outcomes: Writes down what it became.
    """

    def __init__(self, hooks: Hooks, outcomes: Outcomes) -> None:
        self._hooks = hooks
        self._outcomes = outcomes

    async def exact(self, job: Job) -> Job | None:
        """Return the job with its exact recipe; `None` when another job does the same and took over who waits.

        Raises:
            ContentUnavailable: If there is nothing of the kind.
            TooLarge: If there is nothing so small that it could be sent.
        """
        if not job.recipe.choice.at_most:
            return job
        probe = await self._hooks.probe(job.link)
        if probe.is_list:
            raise ContentUnavailable(Reason.NO_MEDIA, "an item that is a list", told=text("error-list-in-list"))
        first = await self._outcomes.first_waiting(job)
        request = await self._outcomes.request_of(first) if first else None
        if request is None:
            return job
        recipe = await self._recipe(job, probe, request)
        if not await self._outcomes.exact(job, probe, recipe):
            return None
        return dataclasses.replace(
            job,
            fingerprint=recipe.fingerprint(probe.link),
            link=probe.link,
            recipe=recipe,
            title=probe.title or job.title,
        )

    async def _recipe(self, job: Job, probe: Probe, request: Request) -> Recipe:
        routes = await self._hooks.routes(request.destination)
        choice = nearest(probe.choices, job.recipe.choice, Ways(routes))
        steps = await self._steps(probe, choice, routes, request)
        return recipe_of(self._hooks, probe.link, choice, steps)

    async def _steps(self, probe: Probe, choice: Choice, routes: Sequence[Route], request: Request) -> tuple[Step, ...]:
        """Return what is done without a tap, as with a single link."""
        person = Person(bot_id=request.bot_id, id=request.person, locale=request.locale)
        options = await self._hooks.offer(probe, choice, routes, person)
        return tuple(Step(key=option.key, at=option.at) for option in options if option.automatic)


def nearest(choices: Sequence[Choice], wish: Choice, ways: Ways) -> Choice:
    """Return what comes nearest to a wish: the best that is not above it and can be sent, whole if any can.

    Where all videos are above the wish, it is the lowest. What is no video is taken as it is.

    Raises:
        ContentUnavailable: If sound is wished and there is none.
        TooLarge: If nothing can be sent.
    """
    fitting = _fitting(choices, wish)
    sendable = [choice for choice in fitting if ways.of(choice) is not None]
    whole = [choice for choice in sendable if ways.of(choice) != IN_PARTS]
    if not sendable:
        raise TooLarge(fitting[-1].file_bytes, ways.limit_bytes(fitting[-1]))
    return (whole or sendable)[0]


def _fitting(choices: Sequence[Choice], wish: Choice) -> list[Choice]:
    alike = [choice for choice in choices if choice.kind is wish.kind]
    if wish.kind is ChoiceKind.AUDIO:
        if not alike:
            raise ContentUnavailable(Reason.NO_MEDIA, "no sound", told=text("error-no-sound"))
        return alike
    if not alike:
        return list(choices)
    # Sorting keeps the probe's order, best first, among equal heights. Who names no height wants what plays.
    is_any = wish.height_px is None
    descending = sorted(alike, key=lambda choice: (is_any and not choice.plays_everywhere, -(choice.height_px or 0)))
    below = [choice for choice in descending if wish.height_px is None or (choice.height_px or 0) <= wish.height_px]
    return below or descending[-1:]
