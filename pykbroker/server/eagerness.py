"""Whether the next request is worth waiting for awake: a client that asks again as soon as it is answered is met sooner
by a loop that has not gone to sleep, since to be woken takes a processor longer than most requests do.

Pure: time comes in as an argument.
"""

from __future__ import annotations

MOMENT_NS = 100_000
"""How long it is waited for awake.  From a client that is far away nothing comes so soon."""

_MOST, _ENOUGH = 64, 32
_LOST = 32  # so many prompt requests outweigh one that was waited for in vain


class Eagerness:
    """Grows with each request that comes within a moment of an answer, and falls much with one that does not."""

    __slots__ = ("_answered_ns", "_prompt")

    def __init__(self) -> None:
        self._prompt = 0
        self._answered_ns = 0  # 0: what comes next says nothing

    def answered(self, now_ns: int) -> None:
        """Somebody was, and may ask again."""
        self._answered_ns = now_ns

    def came(self, now_ns: int) -> None:
        """Something can be read."""
        if not self._answered_ns:
            return
        if now_ns - self._answered_ns < MOMENT_NS:
            self._prompt = min(self._prompt + 1, _MOST)
        else:
            self._prompt = max(self._prompt - _LOST, 0)
        self._answered_ns = 0

    def awake_until_ns(self) -> int:
        """When to go to sleep; it may have passed."""
        return self._answered_ns + MOMENT_NS if self._answered_ns and self._prompt >= _ENOUGH else 0
