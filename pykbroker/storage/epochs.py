"""Which leader epoch began at which offset.

Consumers learn from it whether a log was cut below what they had read (KIP-320).
"""

from __future__ import annotations

import os
from pathlib import Path

from pykbroker_protocol.records.batch import NO_LEADER_EPOCH

from .checkpoints import read_lines, write_lines
from .names import LEADER_EPOCHS

NO_OFFSET = -1


class LeaderEpochs:
    """Entries (epoch, start_offset), both growing; a change is in the file before the batch that caused it."""

    __slots__ = ("_directory", "entries", "latest")

    def __init__(self, directory: Path) -> None:
        self._directory = os.fspath(directory)  # a Path would take half a kilobyte of each open log
        self.entries: list[tuple[int, int]] = []
        self.latest = NO_LEADER_EPOCH

    def load(self) -> None:
        """
        Raises:
            BadCheckpoint: the file is damaged.
        """
        lines = read_lines(Path(self._directory, LEADER_EPOCHS), 2)
        self.entries = [(int(epoch), int(start)) for epoch, start in lines]
        self.latest = self.entries[-1][0] if self.entries else NO_LEADER_EPOCH

    def assign(self, epoch: int, start_offset: int) -> None:
        """From `start_offset` on the epoch is `epoch`; what the cache believed of later offsets or epochs is gone."""
        if epoch <= self.latest and not (self.entries and start_offset < self.entries[-1][1]):
            return
        self._replace(
            [entry for entry in self.entries if entry[0] < epoch and entry[1] < start_offset] + [(epoch, start_offset)]
        )

    def truncate_from_end(self, end_offset: int) -> None:
        """No epoch starts at or after `end_offset`."""
        if self.entries and self.entries[-1][1] >= end_offset:
            self._replace([entry for entry in self.entries if entry[1] < end_offset])

    def truncate_from_start(self, start_offset: int) -> None:
        """The first epoch starts at `start_offset` at the earliest."""
        epoch = self.epoch_at(start_offset)
        if epoch != NO_LEADER_EPOCH and self.entries[0][1] < start_offset:
            self._replace([(epoch, start_offset)] + [entry for entry in self.entries if entry[1] > start_offset])

    def _replace(self, entries: list[tuple[int, int]]) -> None:
        lines = (f"{epoch} {start}" for epoch, start in entries)
        write_lines(Path(self._directory, LEADER_EPOCHS), lines, sync=False)
        self.entries = entries
        self.latest = entries[-1][0] if entries else NO_LEADER_EPOCH

    def epoch_at(self, offset: int) -> int:
        return next((epoch for epoch, start in reversed(self.entries) if start <= offset), NO_LEADER_EPOCH)

    def end_offset_for(self, epoch: int, log_end_offset: int) -> tuple[int, int]:
        """(the largest known epoch up to `epoch`, where it ended); (-1, -1) if it is above all that are known.

        An epoch below all that are known is answered with itself and where the first known one starts.
        Source: OffsetForLeaderEpoch, KIP-101.
        """
        if epoch == NO_LEADER_EPOCH or epoch > self.latest:
            return NO_LEADER_EPOCH, NO_OFFSET
        if epoch == self.latest:
            return epoch, log_end_offset
        end = next(start for known, start in self.entries if known > epoch)
        return max((known for known, _ in self.entries if known <= epoch), default=epoch), end
