"""What can be read of a partition's log: slices of its files, its ends, and the places of timestamps and epochs.

The high watermark is the end of the log: a batch is there when it is in the file.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from pykbroker_protocol.errors import ErrorCode, Refused

from . import search
from .aborted import Aborted
from .batch import Header
from .epochs import LeaderEpochs
from .producers import Producers
from .segment import BrokenBatch
from .segments import Segments
from .slice import FileSlice

_log = logging.getLogger(__name__)


class ReadableLog:
    """A log that is open; PartitionLog writes it."""

    __slots__ = ("_epochs", "log_end_offset", "log_start_offset", "name", "producers", "segments")

    name: str
    segments: Segments
    log_start_offset: int
    log_end_offset: int
    producers: Producers
    _epochs: LeaderEpochs

    @property
    def high_watermark(self) -> int:
        return self.log_end_offset

    @property
    def last_stable_offset(self) -> int:
        unstable = self.producers.first_unstable_offset
        return self.log_end_offset if unstable is None else max(unstable, self.log_start_offset)

    @property
    def leader_epoch(self) -> int:
        return self._epochs.latest

    @property
    def size_bytes(self) -> int:
        return sum(segment.size for segment in self.segments)

    def read(
        self, offset: int, max_bytes: int, *, at_least_one: bool = False, up_to: int | None = None
    ) -> FileSlice | None:
        """Bytes from the batch that holds `offset` on, up to `max_bytes` or the end of its segment; None at the end.

        The last batch may be cut, which consumers expect, but not the first: if that is larger than `max_bytes` it is
        whole with `at_least_one`, and there is None without.
        `up_to` is the offset that ends the reading, the end of the log unless given.

        Raises:
            Refused: OFFSET_OUT_OF_RANGE; CORRUPT_MESSAGE if the file is damaged there.
        """
        end = self.log_end_offset if up_to is None else min(up_to, self.log_end_offset)
        if offset < self.log_start_offset or offset > self.log_end_offset:
            raise self._out_of_range(offset)
        if offset >= end:
            return None
        try:
            return self.segments.read(offset, max_bytes, at_least_one=at_least_one, end=end)
        except BrokenBatch as fault:
            _log.error("%s", fault)
            raise Refused(ErrorCode.CORRUPT_MESSAGE, f"{self.name} is damaged at offset {offset}") from fault

    def aborted_in(self, offset: int, found: FileSlice) -> list[Aborted]:
        """The aborted transactions of which `found`, just read from `offset` on, may hold records."""
        return self.segments.aborted_in(offset, found)

    def batches(self, start_offset: int = 0) -> Iterator[tuple[Header, bytes]]:
        """Every batch that ends at or after `start_offset`, in order, as header and bytes.

        Raises:
            Refused: CORRUPT_MESSAGE if the file is damaged.
        """
        try:
            yield from self.segments.batches(max(start_offset, self.log_start_offset))
        except BrokenBatch as fault:
            raise Refused(ErrorCode.CORRUPT_MESSAGE, str(fault)) from fault

    def _out_of_range(self, offset: int) -> Refused:
        below = offset < self.log_start_offset
        why = f"starting from offset: {self.log_start_offset}" if below else f"upto {self.log_end_offset}"
        return Refused(
            ErrorCode.OFFSET_OUT_OF_RANGE,
            f"Received request for offset {offset} for partition {self.name}, but we only have log segments {why}.",
        )

    def offset_for_timestamp(self, timestamp: int) -> search.Found | None:
        """The first record that is not before `timestamp`, as (timestamp, offset, leader_epoch)."""
        return search.first_at_or_after(self.segments, timestamp, self.log_start_offset)

    def offset_of_max_timestamp(self) -> search.Found | None:
        """The first record with the largest timestamp, as (timestamp, offset, leader_epoch)."""
        return search.latest(self.segments)

    def end_offset_for_epoch(self, leader_epoch: int) -> tuple[int, int]:
        """(largest known epoch up to that one, where it ended), or (-1, -1)."""
        return self._epochs.end_offset_for(leader_epoch, self.log_end_offset)

    def earliest_epoch(self) -> int:
        """The epoch of the first offset, or -1."""
        return self._epochs.epoch_at(self.log_start_offset)
