"""`python -m fetchgram` is the command line."""

from __future__ import annotations

from fetchgram.cli import main

main()
