from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from fetchgram.errors import PluginError
from fetchgram.plugins.context import PluginContext, Powers, make_data_dir
from fetchgram.ports import Context
from fetchgram.testing import FakeContext

if TYPE_CHECKING:
    from fetchgram.control.ports import Control


def test_a_plugins_folder_is_its_own_and_nobody_elses_to_read(tmp_path: Path) -> None:
    folder = make_data_dir(tmp_path, "one")
    assert make_data_dir(tmp_path, "one") == folder == tmp_path / "plugins" / "one"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_it_is_the_port_and_nothing_more(tmp_path: Path) -> None:
    fake = FakeContext(name="one", data_dir=tmp_path)
    context: Context = PluginContext(
        name="one",
        data_dir=tmp_path,
        clock=fake.clock,
        database=fake.database,
        network=fake.network,
        workers=fake.workers,
        media=fake.media,
        texts=fake.texts,
        notify_admins=fake.notify_admins,
        _powers=Powers(),
    )
    public = {name for name in dir(context) if not name.startswith("_")}
    assert public == {name for name in dir(Context) if not name.startswith("_")}


def test_only_who_says_that_they_need_it_may_act_by_themselves() -> None:
    powers, given = Powers(), cast("Control", object())
    powers.attach(lambda plugin: given)
    powers.allow("report")
    assert powers.of("report") is given
    with pytest.raises(PluginError, match="needs"):
        powers.of("other")


def test_where_no_bot_is_wired_there_is_nothing_to_control() -> None:
    powers = Powers()
    powers.allow("report")
    with pytest.raises(PluginError, match="no bot"):
        powers.of("report")
