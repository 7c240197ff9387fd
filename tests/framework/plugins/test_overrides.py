from __future__ import annotations

import json

from fetchgram.plugins.overrides import Override, Overrides
from fetchgram.settings import Settings

FROM_FILE = {
    "plugins": {"disabled": ["alpha"], "only": ["alpha", "beta"]},
    "plugin": {"beta": {"size": 1, "name": "b"}},
}


def _kept(overrides: dict[str, Override]) -> Overrides:
    rows = {key: value for name, each in overrides.items() for key, value in each.rows(name).items() if value}
    return Overrides.read(json.loads(json.dumps(rows)))


def test_what_was_written_down_is_read_back() -> None:
    changed = Override(enabled=False, settings={"size": 2}, secrets={"key": "s"}, resumed=3)
    assert _kept({"beta": changed}).of("beta") == changed


def test_no_change_leaves_no_row() -> None:
    assert not any(Override().rows("beta").values())


def test_a_secret_is_in_a_row_of_its_own() -> None:
    shown, hidden = Override(settings={"size": 2}, secrets={"key": "s3cret"}).rows("beta").items()
    assert "s3cret" not in json.dumps(shown)
    assert hidden == ("secret:beta", {"key": "s3cret"})


def test_changed_settings_lie_over_those_of_the_configuration() -> None:
    overrides = Overrides({"beta": Override(settings={"size": 2}, secrets={"key": "s"})})
    effective = overrides.over(Settings.model_validate(FROM_FILE))
    assert effective.plugin["beta"] == {"size": 2, "name": "b", "key": "s"}


def test_switching_on_beats_disabled_and_only() -> None:
    overrides = Overrides({"alpha": Override(enabled=True), "gamma": Override(enabled=True)})
    effective = overrides.over(Settings.model_validate(FROM_FILE)).plugins
    assert "alpha" not in effective.disabled
    assert "gamma" in effective.only


def test_rows_of_others_and_in_another_form_are_no_change() -> None:
    read = Overrides.read({"plugins.paused": {}, "plugin:beta": "nonsense", "schedule:core:clean-up": "2026"})
    assert not read.of("beta").is_change
    assert set(read.plugins) == {"beta"}
