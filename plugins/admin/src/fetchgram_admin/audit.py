"""The audit log: who changed what, with what held before and what holds since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fetchgram.api import Action, AuditEntry, Button, Context, Interaction, Json, Role, Screen, Text, text
from fetchgram_admin.section import Section, back

_ON_A_PAGE = 6
_LONGEST = 60


def section(context: Context) -> Section:
    """Return the section."""
    del context
    return Section(
        name="audit",
        label=text("admin-audit"),
        handler=newest,
        actions={"page": Action(handler=_page, minimum_role=Role.VIEWER)},
    )


async def newest(interaction: Interaction) -> Screen:
    """Show the newest changes."""
    return await _show(interaction, (), None)


async def _page(interaction: Interaction) -> Screen:
    """Show an older or a newer page: the button carries where the pages before it began."""
    trail = interaction.args.get("trail")
    target = interaction.args.get("target")
    begins = [number for number in trail if isinstance(number, int)] if isinstance(trail, list) else []
    return await _show(interaction, begins, None if target is None else str(target))


async def _show(interaction: Interaction, trail: Sequence[int], target: str | None) -> Screen:
    before = trail[-1] if trail else None
    found = await interaction.control.audit.page(before=before, target=target, limit=_ON_A_PAGE + 1)
    shown = found[:_ON_A_PAGE]
    lines = tuple(line for entry in shown for line in _entry(entry))
    pages = tuple(_pages(trail, target, older=shown[-1].id if len(found) > _ON_A_PAGE else None))
    told = text("admin-audit-title") if shown else text("admin-audit-empty")
    return Screen(text=told, lines=lines, rows=(*((pages,) if pages else ()), back()))


def _pages(trail: Sequence[int], target: str | None, *, older: int | None) -> Iterator[Button]:
    if trail:
        yield _turn("admin-newer", trail[:-1], target)
    if older is not None:
        yield _turn("admin-older", [*trail, older], target)


def _turn(label: str, trail: Sequence[int], target: str | None) -> Button:
    args: dict[str, Json] = {"trail": list(trail), "target": target}
    return Button(label=text(label), action="audit.page", args=args)


def _entry(entry: AuditEntry) -> Iterator[Text]:
    who = entry.actor_name or entry.actor
    what = entry.target_name or entry.target
    yield text("admin-audit-entry", at=entry.at.timestamp(), who=who, action=entry.action, target=what)
    for name, before, after in _differences(entry.before, entry.after):
        yield text("admin-audit-change", name=name, before=before, after=after)


def _differences(before: Json, after: Json) -> Iterator[tuple[str, str, str]]:
    """Name what changed; of two objects only the names whose values differ."""
    old = before if isinstance(before, dict) else {"": before}
    new = after if isinstance(after, dict) else {"": after}
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield name.replace("_", " "), _shown(old.get(name)), _shown(new.get(name))


def _shown(value: Json) -> str:
    match value:
        case None | "" | [] | {}:
            return "–"
        case bool():
            return "✓" if value else "✗"
        case list():
            said = ", ".join(map(_shown, value))
        case _:
            said = str(value)
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"
