"""Plugins: how they are found, asked, watched, and what they are given."""

from __future__ import annotations
