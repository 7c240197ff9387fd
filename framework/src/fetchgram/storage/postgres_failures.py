"""What PostgreSQL's refusals mean (postgresql.org/docs/15/errcodes-appendix.html)."""

from __future__ import annotations

import psycopg
from psycopg import errors

from fetchgram.errors import ConfigError, DiskFull, FetchgramError, TemporarilyUnavailable

_CONFLICTS = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)
_REFUSED = (errors.InvalidPassword, errors.InvalidAuthorizationSpecification, errors.InvalidCatalogName)
_REFUSALS = ("password authentication failed", "does not exist", "no pg_hba.conf entry", "no password supplied")
"""Before the login libpq passes the server's sentence on without its code."""


def translate(  # noqa: PLR0911  # one case per kind of refusal
    name: str, error: BaseException
) -> FetchgramError:
    """Turn an error of psycopg into one of our tree."""
    said = " ".join(str(error).split())
    if isinstance(error, _REFUSED) or (
        isinstance(error, psycopg.OperationalError) and error.sqlstate is None and any(r in said for r in _REFUSALS)
    ):
        return ConfigError(f"{name} does not let us in ({said}): check user, password and name in database.url")
    if isinstance(error, errors.DiskFull):
        return DiskFull(f"no room left to write {name}")
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return ConfigError(f"{name} is read-only: let database.url name the primary server")
    if isinstance(error, errors.InsufficientPrivilege):
        return ConfigError(f"{name} forbids it ({said}): let the user of database.url own the database")
    if isinstance(error, _CONFLICTS):
        return TemporarilyUnavailable(f"{name} is busy with the same rows: {said}")
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return TemporarilyUnavailable(f"{name} cannot be reached: {said}")
    return FetchgramError(f"{name} refused a statement: {said}")
