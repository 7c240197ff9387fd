"""What a fresh process is told about the pool that it belongs to."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from fetchgram.workers.limits import WorkerLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Handed over on the command line, so it holds no secret.

    Args:
        parent_pid: Of the process that starts this one.
        home: Temporary home folder of the pool, removed with it.
        sys_path: Where the parent finds modules.
        preload: Modules to import before the first job.
        limits: Of each child.
        way_out: The only address that may be connected to, or `None` for no such rule.
        may_spawn: Whether a job may start programs.
    """

    parent_pid: int
    home: str
    sys_path: tuple[str, ...]
    preload: tuple[str, ...]
    limits: WorkerLimits
    way_out: tuple[str, int] | None
    may_spawn: bool

    def to_json(self) -> str:
        """Return the text that `from_json` reads back."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Setup:
        """Build the setup from its text."""
        data = json.loads(text)
        way_out = data.pop("way_out")
        return cls(
            parent_pid=data["parent_pid"],
            home=data["home"],
            sys_path=tuple(data["sys_path"]),
            preload=tuple(data["preload"]),
            limits=WorkerLimits(**data["limits"]),
            way_out=None if way_out is None else (way_out[0], way_out[1]),
            may_spawn=data["may_spawn"],
        )
