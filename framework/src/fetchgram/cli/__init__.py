"""The command line: `fetchgram`; each command imports what it needs when it is called."""

from __future__ import annotations

from fetchgram.cli.main import main

__all__ = ["main"]
