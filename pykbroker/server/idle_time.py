"""How much of its time the broker's thread waits for something to do: what is left of it is what it can still serve."""

from __future__ import annotations

import time

import trio


class IdleTime(trio.abc.Instrument):
    """Added to trio's loop, it knows how long that slept; two clock readings a turn."""

    def __init__(self) -> None:
        self._asleep_since: float | None = None
        self._slept_s = 0.0
        self._asked_at = time.monotonic()

    def before_io_wait(self, timeout: float) -> None:
        self._asleep_since = time.monotonic()

    def after_io_wait(self, timeout: float) -> None:
        if self._asleep_since is not None:
            self._slept_s += time.monotonic() - self._asleep_since

    def share(self) -> float:
        """From 0, always busy, to 1, of the time since this was asked last."""
        now = time.monotonic()
        passed_s, slept_s = now - self._asked_at, self._slept_s
        self._asked_at, self._slept_s = now, 0.0
        return min(slept_s / passed_s, 1.0) if passed_s > 0 else 1.0
