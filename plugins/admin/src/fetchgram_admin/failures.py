"""What fails: grouped by plugin and reason with its trend, and each one in full by its number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fetchgram.api import (
    Action,
    Ask,
    AskKind,
    Button,
    Context,
    FailureGroup,
    FailureLine,
    Interaction,
    Json,
    Role,
    Screen,
    Show,
    Story,
    Text,
    text,
)
from fetchgram_admin.section import Section, back

_ON_A_PAGE = 8
_TRACEBACK_LINES = 12
_LOG_LINES = 8


def section(context: Context) -> Section:
    """Return the section."""
    del context
    handlers = {"of": _lines, "story": _story, "ask": _ask, "typed": _typed}
    actions = {name: Action(handler=handler, minimum_role=Role.VIEWER) for name, handler in handlers.items()}
    return Section(name="failures", label=text("admin-failures"), handler=_groups, actions=actions)


async def by_number(interaction: Interaction) -> Screen:
    """Show the failure whose number was typed after the command."""
    if not (interaction.text or "").strip():
        return await _groups(interaction)
    return await _told(interaction, interaction.text or "")


async def _groups(interaction: Interaction) -> Screen:
    found = await interaction.control.failures.groups(limit=_ON_A_PAGE)
    rows = tuple((_group(group),) for group in found)
    told = text("admin-failures-title") if found else text("admin-failures-none")
    search = (Button(label=text("admin-failures-search"), action="failures.ask"),)
    return Screen(text=told, rows=(*rows, search, back()))


async def _lines(interaction: Interaction) -> Screen:
    plugin, reason = str(interaction.args["plugin"]), str(interaction.args["reason"])
    found = await interaction.control.failures.lines(plugin, reason, before=_before(interaction), limit=_ON_A_PAGE + 1)
    rows = [(_number(line),) for line in found[:_ON_A_PAGE]]
    if len(found) > _ON_A_PAGE:
        last = found[_ON_A_PAGE - 1]
        args: dict[str, Json] = {"plugin": plugin, "reason": reason, "at": last.at.isoformat(), "number": last.number}
        rows.append((Button(label=text("admin-older"), action="failures.of", args=args),))
    return Screen(text=text("admin-failures-of", plugin=plugin, reason=reason), rows=(*rows, back("failures")))


async def _story(interaction: Interaction) -> Screen:
    return await _told(interaction, str(interaction.args["number"]))


async def _ask(interaction: Interaction) -> Screen:
    del interaction
    ask = Ask(kind=AskKind.TEXT, action="failures.typed")
    return Screen(text=text("admin-failures-ask"), rows=(back("failures"),), ask=ask)


async def _typed(interaction: Interaction) -> Screen:
    return await _told(interaction, interaction.text or "")


async def _told(interaction: Interaction, number: str) -> Screen:
    story = await interaction.control.failures.story(number)
    show = Show.EDIT if interaction.message is None else Show.NEW
    if story is None:
        search = (Button(label=text("admin-failures-search"), action="failures.ask"),)
        return Screen(text=text("admin-failures-unknown", number=number), rows=(search, back("failures")), show=show)
    told = text("admin-story-title", number=story.number, kind=text(f"admin-failed-{story.kind}"))
    return Screen(text=told, lines=tuple(_facts(story)), rows=(*_ways(story), back("failures")), show=show)


def _facts(story: Story) -> Iterator[Text]:
    yield text("admin-story-when", at=story.at.timestamp(), plugin=story.plugin or "–", stage=story.stage)
    yield text("admin-story-reason", reason=story.reason)
    if story.person is not None:
        yield text("admin-story-person", id=story.person, name=story.person_name)
    if story.title or story.url:
        yield text("admin-story-link", title=story.title, url=story.url)
    yield text("admin-story-versions", versions=", ".join(f"{name} {is_}" for name, is_ in story.versions.items()))
    yield text("admin-story-error", error=story.error)
    if story.traceback:
        yield text("admin-story-code", what=_shortened(story.traceback))
    if story.log:
        yield text("admin-story-log", what="\n".join(story.log[-_LOG_LINES:]))


def _shortened(traceback: str) -> str:
    """Keep the head and, since that is where it happened, more of the end."""
    lines = traceback.rstrip().splitlines()
    return "\n".join(lines if len(lines) <= _TRACEBACK_LINES else [*lines[:3], "…", *lines[3 - _TRACEBACK_LINES :]])


def _ways(story: Story) -> Iterator[tuple[Button, ...]]:
    ways = []
    if story.job_id is not None:
        ways.append(Button(label=text("admin-story-job"), action="jobs.card", args={"job": story.job_id}))
    if story.person is not None:
        ways.append(Button(label=text("admin-story-who"), action="people.card", args={"person": story.person}))
    if ways:
        yield tuple(ways)
    args: dict[str, Json] = {"plugin": story.plugin, "reason": story.reason}
    yield (Button(label=text("admin-story-others"), action="failures.of", args=args),)


def _group(group: FailureGroup) -> Button:
    trend = "📈" if group.today > group.yesterday else "📉" if group.today < group.yesterday else "➡️"
    label = text(
        "admin-failures-group",
        trend=trend,
        plugin=group.plugin or "–",
        reason=group.reason.removeprefix("error-"),
        today=group.today,
        yesterday=group.yesterday,
    )
    return Button(label=label, action="failures.of", args={"plugin": group.plugin, "reason": group.reason})


def _number(line: FailureLine) -> Button:
    label = text("admin-failures-number", number=line.number, at=line.at.timestamp())
    return Button(label=label, action="failures.story", args={"number": line.number})


def _before(interaction: Interaction) -> FailureLine | None:
    args = interaction.args
    if "at" not in args:
        return None
    at = datetime.fromisoformat(str(args["at"]))
    return FailureLine(number=str(args["number"]), at=at, plugin=str(args["plugin"]), reason=str(args["reason"]))
