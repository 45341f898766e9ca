"""The broker's two clocks.  Every other room is handed their readings."""

from __future__ import annotations

import time

import trio


class Clock:
    """`now` follows trio's clock, so that a test's virtual time moves everything that waits."""

    def now(self) -> int:
        """Monotonic ms; says nothing about the date."""
        return int(trio.current_time() * 1000)

    def timestamp(self) -> int:
        """Unix ms; may jump when the machine's clock is set."""
        return time.time_ns() // 1_000_000
