"""The options of a choice: toggles, values and typed answers, all of whose state travels in the buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fetchgram.model import InputKind, Json, Option, Step, Text, text
from fetchgram.pipeline.menu import Menu
from fetchgram.telegram.card import card_lines, labels_of
from fetchgram.telegram.views import Key, View, cancel_row


@dataclass(frozen=True, slots=True)
class Selection:
    """What is selected on the options screen: the choice, and the options with their inputs."""

    request: int
    index: int
    on: Mapping[str, str | None]

    @classmethod
    def read(cls, args: Mapping[str, Json]) -> Selection:
        """Build it from what a button carries."""
        on = args.get("on")
        inputs = on.items() if isinstance(on, dict) else ()
        chosen = {key: value if isinstance(value, str) else None for key, value in inputs}
        return cls(int(str(args["request"])), int(str(args["index"])), chosen)

    def args(self, **more: Json) -> dict[str, Json]:
        """Return what a button carries."""
        return {"request": self.request, "index": self.index, "on": dict(self.on), **more}

    def with_option(self, key: str, value: str | None) -> Selection:
        """Return this with an option on."""
        return replace(self, on={**self.on, key: value})

    def without(self, key: str) -> Selection:
        """Return this with an option off."""
        return replace(self, on={other: value for other, value in self.on.items() if other != key})

    def steps(self, options: Sequence[Option]) -> tuple[Step, ...]:
        """Return the steps of the recipe, in the order of the options; what is not on offer any more is left out."""
        chosen = [option for option in sorted(options, key=lambda o: o.order) if option.key in self.on]
        return tuple(Step(key=option.key, input=self.on[option.key], at=option.at) for option in chosen)


def options_view(menu: Menu, selection: Selection, *, notice: Text | None = None) -> View:
    """Return the screen on which a choice and its options are put together."""
    labels = labels_of(menu.rows)
    picked = text("telegram-choice-picked", label=labels[selection.index])
    rows: list[tuple[Key, ...]] = [(Key(picked, "choices", selection.args()),)]
    for option in menu.options:
        rows += _option_rows(option, selection)
    back = Key(text("button-back"), "back", {"request": selection.request})
    rows.append((Key(text("telegram-start"), "start", selection.args()), back))
    estimates = [estimate for option in menu.options if option.key in selection.on for estimate in _estimate(option)]
    return View((*card_lines(menu.request, notice), *estimates), (*rows, cancel_row(menu.request)))


def choices_view(menu: Menu, selection: Selection) -> View:
    """Return the screen on which another choice is selected."""
    labels = labels_of(menu.rows)
    rows = [(Key(label, "options", replace(selection, index=index, on={}).args()),) for index, label in labels.items()]
    return View(card_lines(menu.request), (*rows, cancel_row(menu.request)))


def _option_rows(option: Option, selection: Selection) -> list[tuple[Key, ...]]:
    on = option.key in selection.on
    value = selection.on.get(option.key)
    if option.input is InputKind.ONE_OF:
        keys = [_value_key(option, selection, each, picked=value == each) for each in option.values]
        return [(_toggle(option, selection, on=on),), *[tuple(keys[i : i + 3]) for i in range(0, len(keys), 3)]]
    return [(_toggle(option, selection, on=on),)]


def _toggle(option: Option, selection: Selection, *, on: bool) -> Key:
    value = selection.on.get(option.key)
    if on:
        label = text("telegram-option-on", label=option.label)
        if value is not None:
            label = text("telegram-option-value", label=option.label, value=value)
        return Key(label, "options", selection.without(option.key).args())
    label = text("telegram-option-off", label=option.label)
    if option.input is InputKind.NONE:
        return Key(label, "options", selection.with_option(option.key, None).args())
    if option.input is InputKind.ONE_OF and option.values:
        return Key(label, "options", selection.with_option(option.key, option.values[0]).args())
    return Key(label, "ask", selection.args(key=option.key, input=option.input.value))


def _value_key(option: Option, selection: Selection, value: str, *, picked: bool) -> Key:
    label = text("telegram-value", value=value)
    shown = text("telegram-choice-picked", label=label) if picked else label
    return Key(shown, "options", selection.with_option(option.key, value).args())


def _estimate(option: Option) -> tuple[Text, ...]:
    size = (text("telegram-estimate", size=option.size_bytes),) if option.size_bytes else ()
    time = (text("telegram-estimate-time", time=option.time_s),) if option.time_s else ()
    return (*size, *time)
