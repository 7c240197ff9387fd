"""Telegram and the web, emulated on loopback: real clients, real wire protocols, no internet."""

from __future__ import annotations
