from __future__ import annotations

from pathlib import Path

from fetchgram.plugins.context import PluginContext, make_data_dir
from fetchgram.ports import Context
from fetchgram.testing import FakeContext


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
    )
    public = {name for name in dir(context) if not name.startswith("_")}
    assert public == {name for name in dir(Context) if not name.startswith("_")}
