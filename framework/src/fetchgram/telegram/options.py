"""The options of a choice: toggles, values, groups and typed answers, all of whose state travels in the buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fetchgram.model import InputKind, Json, Option, Step, Text, text
from fetchgram.pipeline.menu import Menu
from fetchgram.telegram.card import automatic, card_lines, file_line, labels_of
from fetchgram.telegram.files import NAMELESS, is_sent_file
from fetchgram.telegram.views import Key, View, cancel_row


@dataclass(frozen=True, slots=True)
class Selection:
    """What is selected on the options screen: the choice, the options with their inputs, and the group that is open."""

    request: int
    index: int
    on: Mapping[str, str | None]
    group: str | None = None

    @classmethod
    def read(cls, args: Mapping[str, Json]) -> Selection:
        """Build it from what a button carries."""
        on, group = args.get("on"), args.get("group")
        inputs = on.items() if isinstance(on, dict) else ()
        chosen = {key: value if isinstance(value, str) else None for key, value in inputs}
        return cls(
            int(str(args["request"])), int(str(args["index"])), chosen, group if isinstance(group, str) else None
        )

    def args(self, **more: Json) -> dict[str, Json]:
        """Return what a button carries."""
        return {"request": self.request, "index": self.index, "on": dict(self.on), "group": self.group, **more}

    def with_option(self, key: str, value: str | None) -> Selection:
        """Return this with an option on."""
        return replace(self, on={**self.on, key: value})

    def without(self, *keys: str) -> Selection:
        """Return this with options off."""
        return replace(self, on={other: value for other, value in self.on.items() if other not in keys})

    def steps(self, options: Sequence[Option]) -> tuple[Step, ...]:
        """Return the steps of the recipe, in the order of the options; what is not on offer any more is left out."""
        chosen = [option for option in sorted(options, key=lambda o: o.order) if option.key in self.on]
        return tuple(Step(key=option.key, input=self.on[option.key], at=option.at) for option in chosen)


def options_view(menu: Menu, selection: Selection, *, notice: Text | None = None) -> View:
    """Return the screen on which a choice and its options are put together, or that of the group that is open."""
    keys = _Keys(menu.options, selection)
    inside = [option for option in menu.options if _group_of(option) == selection.group]
    rows = [row for option in inside for row in keys.rows(option)]
    lines = (*_head(menu, selection, notice), *menu.reasons, *_estimates(menu, selection))
    if selection.group is not None and inside:
        back = Key(text("telegram-group-done"), "options", replace(selection, group=None).args())
        return View(lines, (*rows, (back,), cancel_row(menu.request)))
    start = Key(text("telegram-start"), "start", selection.args())
    if is_sent_file(menu.request):  # nothing else to choose, and no card to go back to
        return View(lines, (*rows, *keys.groups(), (start,), cancel_row(menu.request)))
    picked = text("telegram-choice-picked", label=labels_of(menu.rows)[selection.index])
    back = Key(text("button-back"), "back", {"request": selection.request})
    choice = (Key(picked, "choices", selection.args()),)
    return View(lines, (choice, *rows, *keys.groups(), (start, back), cancel_row(menu.request)))


def _head(menu: Menu, selection: Selection, notice: Text | None) -> tuple[Text, ...]:
    """Return the lines of the card; of a file that was sent with what it is, since no button says it."""
    head, probe = card_lines(menu.request, notice), menu.request.probe
    if probe is None or not is_sent_file(menu.request):
        return head
    is_nameless = probe.title in NAMELESS and not probe.duration_s
    return (*(() if is_nameless else head[:1]), file_line(menu.rows[selection.index].choice), *head[1:])


def sent_file_view(menu: Menu, *, notice: Text | None = None) -> View:
    """Return the card of a file that a person sent: the file itself is no choice, so the options come at once."""
    if menu.options and menu.best is not None:
        on = dict.fromkeys(automatic(menu.options))
        return options_view(menu, Selection(menu.request.id, menu.best, on), notice=notice)
    reasons = menu.reasons or (text("telegram-no-options"),)
    return View((*card_lines(menu.request)[:1], *reasons), (cancel_row(menu.request),))


def choices_view(menu: Menu, selection: Selection) -> View:
    """Return the screen on which another choice is selected."""
    labels = labels_of(menu.rows)
    rows = [(Key(label, "options", Selection(selection.request, index, {}).args()),) for index, label in labels.items()]
    return View(card_lines(menu.request), (*rows, cancel_row(menu.request)))


def taken(options: Sequence[Option], selection: Selection, key: str, value: str | None) -> Selection:
    """Return the selection with an option on, and off what it stands in place of."""
    option = next((each for each in options if each.key == key), None)
    if option is None or not option.alone:
        return selection.with_option(key, value)
    rivals = [each.key for each in options if each.alone and each.group == option.group]
    return selection.without(*rivals).with_option(key, value)


@dataclass(frozen=True, slots=True)
class _Keys:
    """Makes the buttons of options."""

    options: Sequence[Option]
    selection: Selection

    def rows(self, option: Option) -> list[tuple[Key, ...]]:
        rows: list[tuple[Key, ...]] = [(self._toggle(option),)]
        if option.input is InputKind.ONE_OF:
            keys = [self._value(option, value) for value in option.values]
            rows += [tuple(keys[i : i + 3]) for i in range(0, len(keys), 3)]
        return rows

    def groups(self) -> list[tuple[Key, ...]]:
        """Return one button for each group, two in a row; one with something on says what, and needs the whole row."""
        labels = {_group_of(option): option.group for option in self.options if option.group is not None}
        rows: list[tuple[Key, ...]] = []
        has_room = False
        for group, label in labels.items():
            on = [option for option in self.options if option.key in self.selection.on and _group_of(option) == group]
            key = self._group(group, label, on)
            if has_room and not on:
                rows[-1] = (*rows[-1], key)
                has_room = False
            else:
                rows.append((key,))
                has_room = not on
        return rows

    def _group(self, group: str | None, label: Text, on: Sequence[Option]) -> Key:
        inside = replace(self.selection, group=group)
        if not on:
            return Key(text("telegram-group", label=label), "options", inside.args())
        shown = text("telegram-group-on", label=self._with_value(on[0]), more=len(on) - 1)
        return Key(shown, "options", inside.args())

    def _toggle(self, option: Option) -> Key:
        selection = self.selection
        if option.key in selection.on:
            label = text("telegram-option-on", label=self._with_value(option))
            return Key(label, "options", selection.without(option.key).args())
        label = text("telegram-option-off", label=option.label)
        if option.input is InputKind.NONE:
            return Key(label, "options", self._after(option, None).args())
        if option.input is InputKind.ONE_OF and option.values:
            return Key(label, "options", self._after(option, option.values[0]).args())
        return Key(label, "ask", selection.args(key=option.key, input=option.input.value))

    def _with_value(self, option: Option) -> Text:
        value = self.selection.on.get(option.key)
        if value is None:
            return option.label
        return text("telegram-option-value", label=option.label, value=_readable(option, value))

    def _value(self, option: Option, value: str) -> Key:
        label = text("telegram-value", value=value)
        shown = text("telegram-choice-picked", label=label) if self.selection.on.get(option.key) == value else label
        return Key(shown, "options", self._after(option, value).args())

    def _after(self, option: Option, value: str | None) -> Selection:
        """Return where a tap leads: with the one choice of a group made, its screen has done its work."""
        chosen = taken(self.options, self.selection, option.key, value)
        return replace(chosen, group=None) if option.alone else chosen


def _group_of(option: Option) -> str | None:
    return option.group.key if option.group is not None else None


def _readable(option: Option, value: str) -> Text | str:
    """Turn the canonical form of an answer into what a person reads."""
    if option.input is InputKind.SIZE and value.isdigit():
        return text("size-exact", size=int(value))
    if option.input is InputKind.TIME_RANGE:
        start_s, _, end_s = value.partition("-")
        return text("telegram-range", start=float(start_s), end=float(end_s))
    return value


def _estimates(menu: Menu, selection: Selection) -> tuple[Text, ...]:
    """Say what is known of what will arrive; where two options tell a size, neither knows what both make together."""
    on = [option for option in menu.options if option.key in selection.on and (option.size_bytes or option.time_s)]
    if len(on) != 1:
        return ()
    size = (text("telegram-estimate", size=on[0].size_bytes),) if on[0].size_bytes else ()
    time = (text("telegram-estimate-time", time=max(1.0, on[0].time_s)),) if on[0].time_s else ()
    return (*size, *time)
