"""Isolated processes, the way out to the internet, and subprocesses."""

from __future__ import annotations
