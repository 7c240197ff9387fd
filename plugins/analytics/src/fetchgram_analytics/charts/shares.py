"""Charts of what: platforms, qualities, kinds, routes, reasons of failures, broadcasts; each a ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from fetchgram_analytics.charts.asked import Asked, part
from fetchgram_analytics.periods import Span
from fetchgram_analytics.pictures import Form, Panel, Series, Unit
from fetchgram_analytics.queries import Amount

_ENDS = ("delivered", "blocked", "gone", "failed", "uncertain")


async def _ranking(asked: Asked, what: str, by: str, title: str) -> Panel:
    """Return a ranking of a measure by one of its columns, and what its first row's part is."""
    plugin = None if by == "plugin" else asked.view.plugin

    async def of(span: Span) -> dict[str, int]:
        return {name: each.n for name, each in (await asked.queries.series(what, span, by=by, plugin=plugin)).items()}

    found = await of(asked.span)
    then = await of(asked.span_before) if asked.view.compare else {}
    return _ranked(asked, title, found, then, percent=round(part(max(found.values(), default=0), sum(found.values()))))


def _ranked(asked: Asked, title: str, found: Mapping[str, int], then: Mapping[str, int], **said: int) -> Panel:
    """Return a ranking beside what it was, with the first one's name in its title."""
    rows = sorted(found, key=lambda name: (-found[name], name))
    labels = tuple(asked.say("name", name=name or "?") for name in rows)
    return asked.panel(
        Form.RANKING,
        Unit.COUNT,
        asked.say(f"{title}-title", name=labels[0], **said) if rows else asked.say(title),
        (Series("", tuple(float(found[name]) for name in rows)),),
        labels=labels,
        **_before(asked, rows, then),
    )


def _before(asked: Asked, rows: Sequence[str], then: Mapping[str, int]) -> dict[str, object]:
    if not then:
        return {}
    return {"before": tuple(float(then.get(name, 0)) for name in rows), "before_name": asked.say("before")}


platforms = partial(_ranking, what="file", by="plugin", title="platforms")
qualities = partial(_ranking, what="quality", by="detail", title="qualities")
kinds = partial(_ranking, what="kind", by="detail", title="kinds")
routes = partial(_ranking, what="route", by="detail", title="routes")
failures = partial(_ranking, what="failure", by="detail", title="failures")


async def audience(asked: Asked) -> Panel:
    """How many people had got files from each platform, at the end of the period."""
    found = {name: n for name, n in (await asked.queries.audience(asked.days[-1])).items() if n}
    then = await asked.queries.audience(asked.span_before.days(asked.place)[-1]) if asked.view.compare else {}
    return _ranked(asked, "audience", found, then, people=max(found.values(), default=0))


async def broadcasts(asked: Asked) -> Panel:
    """How broadcasts ended for those who were to get them."""
    found = await asked.queries.series("broadcast", asked.span, by="detail")
    rows = [name for name in _ENDS if name in found]
    reached, whole = found.get("delivered", Amount()).n, sum(found[name].n for name in rows)
    count = found.get("", Amount()).n
    title = asked.say("broadcasts-title", count=count, reached=reached, all=whole) if count else asked.say("broadcasts")
    values = tuple(float(found[name].n) for name in rows)
    labels = tuple(asked.say(f"broadcast-{name}") for name in rows)
    then = await asked.queries.series("broadcast", asked.span_before, by="detail") if asked.view.compare else {}
    more = _before(asked, rows, {name: each.n for name, each in then.items()})
    return asked.panel(Form.RANKING, Unit.COUNT, title, (Series("", values),), labels=labels, **more)
