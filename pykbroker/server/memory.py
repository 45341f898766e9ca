"""How much memory the unfinished requests of all clients may hold together: Kafka's `queued.max.request.bytes`.

Who does not fit waits in line, and nobody overtakes, so that a large request is not starved by smaller ones.  A single
request over the whole limit is let in when nothing else is held: it could never be answered otherwise.
"""

from __future__ import annotations

from collections.abc import Callable


class MemoryBudget:
    """`limit_bytes` < 0: there is no limit.  `held_bytes` never exceeds the limit and one request over it."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self.held_bytes = 0
        self._line: dict[object, tuple[int, Callable[[], None]]] = {}

    def take(self, nbytes: int, who: object, admit: Callable[[], None]) -> bool:
        """Hold `nbytes` now, or get in line: then `admit` is called when they are held."""
        if not self._line and self._fits(nbytes):
            self.held_bytes += nbytes
            return True
        self._line[who] = nbytes, admit
        return False

    def give_back(self, nbytes: int) -> None:
        """Let go of `nbytes`, and admit those in line who fit now."""
        self.held_bytes -= nbytes
        assert self.held_bytes >= 0
        self._admit()

    def leave_line(self, who: object) -> None:
        """`who` waits no longer, if it did."""
        if self._line.pop(who, None) is not None:
            self._admit()

    def dismiss_line(self) -> None:
        """Nobody in line is admitted any more."""
        self._line.clear()

    def _admit(self) -> None:
        while self._line:
            who, (nbytes, admit) = next(iter(self._line.items()))
            if not self._fits(nbytes):
                return
            del self._line[who]
            self.held_bytes += nbytes
            admit()

    def _fits(self, nbytes: int) -> bool:
        return self._limit_bytes < 0 or self.held_bytes == 0 or self.held_bytes + nbytes <= self._limit_bytes
