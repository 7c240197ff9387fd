"""The hooks: every way in which a plugin takes part, one page, typed.

Each docstring names the *Shape* of its call:

- **first**: the first answer that is not `None` wins.
- **owner**: only the plugin that claimed the link, or that returned the route, is asked.
- **named**: only the plugins that the recipe names, in its order.
- **each**: every plugin is asked; one failure never stops the others.

A plugin's implementation must have the colour (`def` or `async def`) of the spec, and may name any subset of the
parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

from fetchgram.model import (
    Choice,
    Delivery,
    Destination,
    Event,
    Job,
    Link,
    Media,
    Option,
    Page,
    Person,
    Probe,
    Receipt,
    Route,
    Step,
)

if TYPE_CHECKING:
    from fetchgram.ports import Ledger, Sink, Transaction
    from fetchgram.screens import CliCommand, Command, HealthCheck, Schedule

PROJECT = "fetchgram"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def detect(url: str) -> Link | None:
    """Say whether this URL is ours, and what it leads to.

    Shape: first. Pure: no network, no files, no context.
    When: for every link a person sends; in batches in a warm child that builds each plugin with its `Settings` and no
    context. An overrun kills the child and counts against the plugin. A plugin for everything uses `trylast=True`.

    Args:
        url: As the person sent it; http or https.

    Returns:
        The claim, or `None`.
    """


@hookspec
async def probe(link: Link) -> Probe:
    """Look up what is behind a link and what can be chosen.

    Shape: owner.
    When: once per accepted link, before the menu; the person waits.

    Args:
        link: Claimed by this plugin.

    Returns:
        Title, choices with honest sizes, thumbnail. Without choices it is a list: the person picks from its `entries`.

    Raises:
        ContentUnavailable: Told to the person, never retried.
        TemporarilyUnavailable: Told with a "try again" button.
    """


@hookspec
async def entries(link: Link, cursor: str | None) -> Page:
    """List a playlist, channel or profile page by page, without probing each entry.

    Shape: owner.
    When: the person opens the picker or turns its page.

    Args:
        link: A list, claimed by this plugin.
        cursor: `next_cursor` of the page before; `None` for the first.

    Returns:
        Entries in the site's order.
    """


@hookspec
async def download(job: Job, workdir: Path, sink: Sink) -> Sequence[Media]:
    """Fetch what `job.recipe` wishes into `workdir`.

    Shape: owner. Role: worker.
    When: once per job and again after a failure or restart: the workdir may hold what an earlier attempt left.

    Args:
        job: Link and recipe; options at `download` are in `job.recipe.steps`.
        workdir: The only place to write to.
        sink: `progress(done, total)` in bytes; `announce(growing)` offers a file that may be sent while it grows
            (finished files only are sent so far); `max_bytes` is the most that the files may have together. The folder
            is watched besides, now and then: who counts the bytes as they come stops sooner.

    Returns:
        Finished files in the order of delivery.

    Raises:
        ChoiceGone: Every request returns to its menu.
        ContentUnavailable, TooLarge: Told, never retried.
        TemporarilyUnavailable: Retried by the queue.
    """


@hookspec
def offer(probe: Probe, choice: Choice, routes: Sequence[Route], person: Person) -> Sequence[Option]:
    """Offer options that make sense for this choice, with estimates.

    Shape: each. Pure.
    When: for the preselected choice and again when it changes.

    Args:
        probe: What is behind the link.
        choice: The one that is selected.
        routes: Ways out, with their limits.
        person: Who looks at the menu.

    Returns:
        Options in the order of their `order`.
    """


@hookspec
async def post_process(
    media: Sequence[Media], step: Step, workdir: Path, sink: Sink, steps: Sequence[Step]
) -> Sequence[Media]:
    """Turn the media of the step before into the media of this one.

    Shape: named. Role: worker.
    When: after the download, for each step of the recipe at `after`; each result is a checkpoint.

    Args:
        media: Local files in `workdir`.
        step: The chosen option with its input.
        workdir: The only place to write to.
        sink: `progress(done, total)`.
        steps: All steps of the recipe at `after`, this one among them: a plugin may leave the files as they are and do
            several of its own, one after the other, at once in the last.

    Returns:
        Local files in `workdir`.
    """


@hookspec
def routes(destination: Destination) -> Sequence[Route]:
    """Name the ways out to a destination: how large, up or why not.

    Shape: each.
    When: before the menu, so that it can say the route, and before a delivery.

    Args:
        destination: Where it shall arrive.

    Returns:
        Routes; the core walks those of all plugins in their `order`.
    """


@hookspec
async def deliver(
    delivery: Delivery,
    route: Route,
    media: Sequence[Media],
    ledger: Ledger,
    sink: Sink,
) -> Receipt:
    """Send the media on a route.

    Shape: owner of the route. Role: worker.
    When: for each delivery of a job, until one route took it.

    Args:
        delivery: To whom; `delivery.id` and `delivery.resends` make message ids unique.
        route: One of those that this plugin named.
        media: Finished files.
        ledger: Durably stores small values; write before a send.
        sink: `progress(done, total)` in bytes.

    Returns:
        Where it arrived.

    Raises:
        CannotDeliver: Nothing was sent; the next route is tried.
        Uncertain: It may have arrived; told, never repeated by itself.
        TemporarilyUnavailable: Nothing was sent; tried again later.
    """


@hookspec
def admin_commands() -> Sequence[Command]:
    """Name commands for admins.

    Shape: each. Role: bot.
    When: at start, and when the plugin is reloaded.
    """


@hookspec
def user_commands() -> Sequence[Command]:
    """Name commands for everybody.

    Shape: each. Role: bot.
    When: at start, and when the plugin is reloaded.
    """


@hookspec
def health_checks() -> Sequence[HealthCheck]:
    """Name checks for `fetchgram check`, /health and the panel.

    Shape: each.
    When: a check is asked for.
    """


@hookspec
def schedules() -> Sequence[Schedule]:
    """Name periodic work.

    Shape: each; once over all machines, under a lease.
    When: at start.
    """


@hookspec
async def on_events(batch: Sequence[Event], transaction: Transaction) -> None:
    """Learn what happened.

    Shape: each; once over all machines, under a lease; at least once per event.
    When: soon after the events were committed. The plugin's own rows and its cursor are committed together.

    Args:
        batch: In order, never empty.
        transaction: Of the plugin's own tables.
    """


@hookspec
def cli_commands() -> Sequence[CliCommand]:
    """Add commands to `fetchgram`.

    Shape: each. Role: cli.
    When: at each call of the command line; import nothing heavy.
    """


@hookspec
async def startup() -> None:
    """Open resources of the plugin.

    Shape: each.
    When: after all plugins are loaded; a failure makes the plugin `failed`.
    """


@hookspec
async def shutdown() -> None:
    """Close them.

    Shape: each.
    When: at the end, in reverse order; and when the plugin was replaced or switched off, after the last thing at work
        with it has ended.
    """
