"""Charts of what: platforms, qualities, kinds, routes, reasons of failures, broadcasts; each a ranking."""

from __future__ import annotations

from functools import partial

from fetchgram_analytics.charts.asked import Asked, part
from fetchgram_analytics.pictures import Form, Panel, Series, Unit
from fetchgram_analytics.queries import Amount

_ENDS = ("delivered", "blocked", "gone", "failed", "uncertain")


async def _ranking(asked: Asked, what: str, by: str, title: str) -> Panel:
    """Return a ranking of a measure by one of its columns, and what its first row's part is."""
    plugin = None if by == "plugin" else asked.view.plugin
    found = await asked.queries.series(what, asked.span, by=by, plugin=plugin)
    rows = sorted(found, key=lambda name: (-found[name].n, name))
    whole = sum(amount.n for amount in found.values())
    first = asked.say("name", name=rows[0]) if rows else ""
    percent = round(part(found[rows[0]].n, whole)) if rows else 0
    more: dict[str, object] = {}
    if asked.view.compare:
        then = await asked.queries.series(what, asked.span_before, by=by, plugin=plugin)
        if then:
            more = {
                "before": tuple(float(then.get(name, Amount()).n) for name in rows),
                "before_name": asked.say("before"),
            }
    return asked.panel(
        Form.RANKING,
        Unit.COUNT,
        asked.say(f"{title}-title", name=first, percent=percent) if rows else asked.say(title),
        (Series("", tuple(float(found[name].n) for name in rows)),),
        labels=tuple(asked.say("name", name=name or "?") for name in rows),
        **more,
    )


platforms = partial(_ranking, what="file", by="plugin", title="platforms")
qualities = partial(_ranking, what="quality", by="detail", title="qualities")
kinds = partial(_ranking, what="kind", by="detail", title="kinds")
routes = partial(_ranking, what="route", by="detail", title="routes")
failures = partial(_ranking, what="failure", by="detail", title="failures")


async def broadcasts(asked: Asked) -> Panel:
    """How broadcasts ended for those who were to get them."""
    found = await asked.queries.series("broadcast", asked.span, by="detail")
    rows = [name for name in _ENDS if name in found]
    reached, whole = found.get("delivered", Amount()).n, sum(found[name].n for name in rows)
    count = found.get("", Amount()).n
    title = asked.say("broadcasts-title", count=count, reached=reached, all=whole) if count else asked.say("broadcasts")
    values = tuple(float(found[name].n) for name in rows)
    labels = tuple(asked.say(f"broadcast-{name}") for name in rows)
    return asked.panel(Form.RANKING, Unit.COUNT, title, (Series("", values),), labels=labels)
