"""A PostgreSQL server of one's own: in a folder that goes with it, reached by a socket in that folder only."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql

_USER = "fetchgram"
_ACCOUNTS = ("postgres", "nobody")
"""The server refuses to run as root: so it runs as one of these."""
_START_S = 60.0
_STOP_S = 30.0
_HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresServer:
    """Starts in a second, and is gone with everything in it when it is closed.

    Args:
        durable: Whether commits reach the disk, as a benchmark wants it; tests have no use for that.

    Raises:
        FileNotFoundError: If there is no PostgreSQL on this machine.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._binaries = _binaries()
        self._account = _account()
        self._folder = Path(tempfile.mkdtemp(prefix="fetchgram-postgres-"))
        self._settings = () if durable else _HASTE
        self._process: subprocess.Popen[bytes] | None = None
        if self._account:
            shutil.chown(self._folder, self._account)

    def __enter__(self) -> Self:
        """Make the folder's database and start the server."""
        try:
            self._run("initdb", "--username", _USER, "--auth", "trust", "--no-sync", "--encoding", "UTF8", "-D", "data")
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the server and remove its folder."""
        self.close()

    @property
    def socket(self) -> Path:
        """Return the socket on which the server listens."""
        return self._folder / ".s.PGSQL.5432"

    def url(self, database: str) -> str:
        """Return the URL of a database for setting `database.url`."""
        return f"postgresql://{_USER}@/{database}?host={self._folder}"

    def create(self, database: str, *, template: str = "template1") -> str:
        """Make a database, as a copy of another one; returns its URL."""
        names = (sql.Identifier(database), sql.Identifier(template))
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def execute(self, statement: sql.Composed | sql.SQL, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Execute a statement on a connection of its own; returns the rows, if it has any."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        """Start the server and wait until it lets somebody in.

        Raises:
            RuntimeError: If it does not; with the end of its log.
        """
        listen = ("listen_addresses=", f"unix_socket_directories={self._folder}", "max_connections=200")
        given = [word for setting in (*listen, *self._settings) for word in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # the words are ours
                [self._binaries / "postgres", "-D", "data", *given],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._as_account(),
            )
        deadline = time.monotonic() + _START_S
        while not self._lets_in():
            if self._process.poll() is not None or time.monotonic() > deadline:
                tail = (self._folder / "log").read_text(encoding="utf-8", errors="replace")[-1000:]
                raise RuntimeError(f"PostgreSQL did not start:\n{tail}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT ends all sessions first, SIGQUIT is a crash."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(_STOP_S)

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _lets_in(self) -> bool:
        try:
            psycopg.connect(self.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(  # noqa: S603  # the words are ours
            [self._binaries / program, *words],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            **self._as_account(),
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr.strip()}")

    def _as_account(self) -> dict[str, Any]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
        if not self._account:
            return {"env": environ}
        return {"env": environ, "user": self._account, "group": pwd.getpwnam(self._account).pw_gid, "extra_groups": ()}


def _account() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _ACCOUNTS if name in known)


def _binaries() -> Path:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not debian:
        raise FileNotFoundError("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    return debian[-1].parent
