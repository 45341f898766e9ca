"""What of a partition's log is on disk, and what has to be done for the rest to be.

Below the recovery point nothing is scanned when the log is opened next.
"""

from __future__ import annotations

from pathlib import Path

from .flush import Pending, pending
from .readable_log import ReadableLog
from .snapshots import Snapshots, snapshot_path
from .syncs import Syncs


class DurableLog(ReadableLog):
    """A log that is open, with its files; PartitionLog writes it."""

    __slots__ = ("_directory", "_snapshots", "broken", "recovery_point", "syncs")

    recovery_point: int
    syncs: Syncs
    broken: str  # why it takes no more writes, if it does not
    _directory: str
    _snapshots: Snapshots

    @property
    def needs_flush(self) -> bool:
        """A rolled segment is not known to be on disk."""
        return self.recovery_point < self.segments[-1].base_offset and not self.broken

    def prepare_flush(self, *, rolled_only: bool = False) -> Pending:
        """What `sync` must put on disk before `flushed` may move the recovery point."""
        if rolled_only:
            up_to = self.segments[-1].base_offset
        else:
            up_to = self.log_end_offset
            self.segments[-1].write_indexes()
        return pending(Path(self._directory), self.segments.holding(self.recovery_point), up_to)

    def flushed(self, pending: Pending) -> None:
        self.recovery_point = max(self.recovery_point, pending.up_to)
        self.syncs.reached(pending.up_to)

    def flush(self) -> None:
        """Everything is on disk, and known to be.

        Raises:
            OSError: it is not.
        """
        if self.recovery_point < self.log_end_offset:
            pending = self.prepare_flush()
            pending.sync()
            self.flushed(pending)

    def prepare_close(self) -> Pending | None:
        """What `sync` must put on disk for the next opening to have nothing to scan; None if it is there.

        Raises:
            OSError: it cannot be there any more.
        """
        if self.broken:
            raise OSError(self.broken)
        if self.recovery_point == self.log_end_offset == self._snapshots.newest:
            return None
        self.segments[-1].seal()
        self._snapshots.take(self.log_end_offset, self.producers, self.segments)
        pending = self.prepare_flush()
        return pending._replace(paths=[*pending.paths, snapshot_path(Path(self._directory), self.log_end_offset)])
