"""A Fetch that waits: what comes into its logs pays what it lacks, and it is looked at again when that is paid."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from pykbroker.storage.partition_log import PartitionLog, Watcher


class WaitingFetch(ABC):
    """The watch (runtime/later.py) of one Fetch, and the watcher of its logs."""

    __slots__ = ("_callback", "_is_ripe", "_missing_bytes", "_watched", "max_wait_ms")

    def __init__(self, max_wait_ms: int) -> None:
        self.max_wait_ms = max_wait_ms
        self._missing_bytes = 0
        self._is_ripe = False
        self._callback: Callable[[], None] | None = None
        self._watched: list[tuple[PartitionLog, Watcher]] = []

    @abstractmethod
    def look(self) -> bool:
        """Read again; where something is lacking still, `wait_for` that."""

    def when_ripe(self, callback: Callable[[], None]) -> None:
        self._callback = callback
        if self._is_ripe:
            callback()

    def leave(self) -> None:
        for log, watcher in self._watched:
            log.watchers.discard(watcher)
        self._watched.clear()

    def wait_for(
        self, missing_bytes: int, logs: Sequence[PartitionLog], undecided: Sequence[PartitionLog] = ()
    ) -> None:
        """It is ripe when so many bytes have come into `logs`, or when one of them or of `undecided` has news.

        What comes into an `undecided` log, of a transaction that is open, is of no use before that has ended.
        """
        self._missing_bytes, self._is_ripe = missing_bytes, False
        self._watched += [(log, self) for log in logs]
        self._watched += [(log, _Undecided(self.settle)) for log in undecided]
        for log, watcher in self._watched:
            log.watchers.add(watcher)

    def pay(self, nbytes: int) -> None:
        self._missing_bytes -= nbytes
        if self._missing_bytes <= 0:
            self.settle()

    def settle(self) -> None:
        if not self._is_ripe:
            self._is_ripe = True
            if self._callback is not None:
                self._callback()


class _Undecided:
    __slots__ = ("settle",)

    def __init__(self, settle: Callable[[], None]) -> None:
        self.settle = settle

    def pay(self, nbytes: int) -> None:
        pass
