from __future__ import annotations

import re
import shlex
import subprocess
import tarfile
from pathlib import Path

from fetchgram_instagram.session_files import SessionFiles

OPERATING = Path(__file__).parents[3] / "docs" / "operating.md"
COOKIES = {"sessionid": "secret", "ds_user_id": "1", "csrftoken": "token"}


def test_a_backup_as_operators_are_told_to_make_it_holds_no_session(tmp_path: Path) -> None:
    plugin = tmp_path / "data" / "plugins" / "instagram"
    SessionFiles(plugin / "sessions").keep("some.body", COOKIES)
    (plugin / "kept.txt").write_text("kept")
    (tmp_path / "data" / "copy.db").write_bytes(b"SQLite")
    (command,) = re.findall(r"^tar .*$", OPERATING.read_text(encoding="utf-8"), re.MULTILINE)
    subprocess.run(shlex.split(command), cwd=tmp_path, check=True)
    with tarfile.open(tmp_path / "backup.tar.gz") as archive:
        names = {member.name for member in archive.getmembers() if member.isfile()}
    assert names == {"data/copy.db", "data/plugins/instagram/kept.txt"}
