"""The command line: `fetchgram`; each command imports what it needs when it is called."""

from __future__ import annotations

import sys

from fetchgram.cli.light import uncollected, without


def main() -> None:
    """Run the command line."""
    with uncollected():
        with without("rich"):
            import structlog  # noqa: F401, PLC0415  # its first import decides whether it has rich
        from fetchgram.cli.commands import run  # noqa: PLC0415  # after the above

    sys.exit(run(sys.argv[1:]))
