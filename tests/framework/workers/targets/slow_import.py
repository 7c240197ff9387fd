"""A module that takes time to import."""

from __future__ import annotations

import time

time.sleep(0.3)
