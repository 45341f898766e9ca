"""When things of many owners are due: a heap in which it is cheap to postpone, since every heartbeat does.

A timer has one live entry in the heap.  Postponing changes only the timer: an entry that comes up early is put back.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .effects import Effect


class Moment(NamedTuple):
    """The broker's two clocks at one time, both in milliseconds."""

    now: int
    timestamp: int


class Timer:
    """One deadline of one owner; `at` is None while it waits for nothing."""

    __slots__ = ("_entry_at", "_expire", "at")

    def __init__(self) -> None:
        self.at: int | None = None
        self._entry_at: int | None = None
        self._expire: Callable[[Moment], list[Effect]] | None = None

    def cancel(self) -> None:
        self.at = self._expire = None

    def expire(self, when: Moment) -> list[Effect]:
        """What follows from its having passed; for a timer that `Deadlines.pop_due` gave out."""
        assert self._expire is not None
        return self._expire(when)


class Deadlines:
    """Every armed timer, the next one first."""

    def __init__(self) -> None:
        self._entries: list[tuple[int, int, Timer]] = []
        self._numbers = itertools.count()

    @property
    def next_deadline(self) -> int | None:
        """No timer is due before it; none need be due at it, when it was cancelled or postponed since."""
        return self._entries[0][0] if self._entries else None

    def arm(self, timer: Timer, at: int, expire: Callable[[Moment], list[Effect]]) -> None:
        timer._expire = expire
        self.move(timer, at)

    def move(self, timer: Timer, at: int) -> None:
        """Let an armed timer be due at `at`.  To a later time than before it costs two assignments."""
        timer.at = at
        if timer._entry_at is None or at < timer._entry_at:
            timer._entry_at = at
            heapq.heappush(self._entries, (at, next(self._numbers), timer))

    def pop_due(self, now: int) -> Timer | None:
        """The next timer that is due, no longer armed."""
        while self._entries and self._entries[0][0] <= now:
            entry_at, _, timer = heapq.heappop(self._entries)
            if entry_at != timer._entry_at:
                continue  # a nearer entry took its place
            timer._entry_at = None
            if timer.at is None:
                continue
            if timer.at > now:
                self.move(timer, timer.at)
                continue
            timer.at = None
            return timer
        return None
