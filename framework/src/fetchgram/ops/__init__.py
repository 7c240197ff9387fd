"""How the bot itself is: checks for operators."""

from __future__ import annotations
