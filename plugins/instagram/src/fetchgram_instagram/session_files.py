"""Session files: cookies of one account each, for the bot's own user only.

They are Netscape cookie files, which instaloader's session is built from and yt-dlp reads by itself.
"""

from __future__ import annotations

import io
import os
import pickle
import tempfile
from collections.abc import Mapping
from http.cookiejar import Cookie, LoadError, MozillaCookieJar
from pathlib import Path
from typing import NoReturn

from fetchgram.api import ConfigError

_DOMAIN = ".instagram.com"
_NEEDED = frozenset({"sessionid", "ds_user_id", "csrftoken"})
_FAR_FUTURE = 2**31 - 1
_MOST_BYTES = 1_000_000
_OTHERS = 0o077


class SessionFiles:
    """The sessions of all accounts.

    Args:
        folder: Made when the first one is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> tuple[str, ...]:
        """Return the accounts that there is a session of, in the order of their names."""
        return tuple(sorted(path.stem for path in self._folder.glob("*.txt")))

    def path(self, name: str) -> Path:
        """Return the file of an account; whoever else might read it no longer can."""
        path = self._folder / f"{name}.txt"
        if path.exists() and path.stat().st_mode & _OTHERS:
            path.chmod(0o600)
        return path

    def keep(self, name: str, cookies: Mapping[str, str]) -> None:
        """Write a session; the file is there whole or not at all, and never readable by others.

        Raises:
            ConfigError: If these are not the cookies of somebody who is logged in.
        """
        missing = sorted(_NEEDED - {key for key, value in cookies.items() if value})
        if missing:
            raise ConfigError(f"no session of Instagram: {', '.join(missing)} missing among the cookies")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        jar = MozillaCookieJar()
        for key, value in cookies.items():
            jar.set_cookie(_cookie(key, value))
        # mkstemp makes it for its owner only, from the first byte on.
        descriptor, part = tempfile.mkstemp(dir=self._folder, prefix=".part-")
        os.close(descriptor)
        jar.save(part, ignore_discard=True, ignore_expires=True)
        Path(part).replace(self._folder / f"{name}.txt")

    def forget(self, name: str) -> bool:
        """Remove a session; returns whether there was one."""
        path = self._folder / f"{name}.txt"
        existed = path.exists()
        path.unlink(missing_ok=True)
        return existed


def read_cookies(path: Path) -> dict[str, str]:
    """Read Instagram's cookies out of a browser's export (Netscape) or a session file of ours.

    Raises:
        ConfigError: If it is no such file.
    """
    jar = MozillaCookieJar()
    try:
        jar.load(str(path), ignore_discard=True, ignore_expires=True)
    except (LoadError, UnicodeDecodeError) as error:
        raise ConfigError(f"{str(path)!r} is no cookie file in Netscape format") from error
    except OSError as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    own = (each for each in jar if f".{each.domain.lstrip('.')}".endswith(_DOMAIN))
    return {each.name: each.value for each in own if each.value}


def read_session(path: Path) -> dict[str, str]:
    """Read a session file of instaloader: a pickled dictionary, of which nothing but strings is accepted.

    Raises:
        ConfigError: If it is no such file.
    """
    try:
        with path.open("rb") as file:
            found = _Plain(io.BytesIO(file.read(_MOST_BYTES))).load()
    except OSError as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    except (pickle.UnpicklingError, EOFError, ValueError, LookupError, TypeError) as error:
        raise ConfigError(f"{str(path)!r} is no session file of instaloader") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{str(path)!r} is no session file of instaloader")
    return {str(key): value for key, value in found.items() if isinstance(value, str) and value}


class _Plain(pickle.Unpickler):  # nothing but built-in types passes
    """Reads dictionaries and strings; whatever would import or call something is refused."""

    def find_class(self, module: str, name: str) -> NoReturn:
        """Refuse every class."""
        raise pickle.UnpicklingError(f"a session file holds no {module}.{name}")


def _cookie(name: str, value: str) -> Cookie:
    return Cookie(
        version=0,
        name=name,
        value=value,
        port=None,
        port_specified=False,
        domain=_DOMAIN,
        domain_specified=True,
        domain_initial_dot=True,
        path="/",
        path_specified=True,
        secure=True,
        expires=_FAR_FUTURE,
        discard=False,
        comment=None,
        comment_url=None,
        rest={},
    )
