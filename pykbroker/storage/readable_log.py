"""What can be read of a partition's log: slices of its files, its ends, and the places of timestamps and epochs.

The high watermark is the end of the log: a batch is there when it is in the file; or when it is on disk, if the topic
asks for that (syncs.py).
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

    __slots__ = (
        "_epochs",
        "_said",
        "high_watermark",
        "log_end_offset",
        "log_start_offset",
        "name",
        "producers",
        "segments",
    )

    name: str
    segments: Segments
    log_start_offset: int
    log_end_offset: int
    high_watermark: int
    producers: Producers
    _epochs: LeaderEpochs
    _said: tuple[str, int]  # the last fault that was logged, and where the log ended

    @property
    def last_stable_offset(self) -> int:
        unstable = self.producers.first_unstable_offset
        end = self.high_watermark
        return end if unstable is None else max(min(unstable, end), self.log_start_offset)

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
        `up_to` is the offset that ends the reading, the high watermark unless given.

        Raises:
            Refused: OFFSET_OUT_OF_RANGE; CORRUPT_MESSAGE if the file is damaged there; KAFKA_STORAGE_ERROR.
        """
        end = self.high_watermark if up_to is None else min(up_to, self.high_watermark)
        if offset < self.log_start_offset or offset > self.log_end_offset:
            raise self._out_of_range(offset)
        if offset >= end:
            return None
        try:
            return self.segments.read(offset, max_bytes, at_least_one=at_least_one, end=end)
        except (BrokenBatch, OSError) as fault:
            raise self._unreadable(fault) from fault

    @property
    def last_abort(self) -> int:
        """The offset of the newest marker that aborted a transaction; -1 if there is none."""
        return self.segments.last_abort

    def aborted_in(self, offset: int, found: FileSlice) -> list[Aborted]:
        """The aborted transactions of which `found`, just read from `offset` on, may hold records."""
        return self.segments.aborted_in(offset, found)

    def batches(self, start_offset: int = 0) -> Iterator[tuple[Header, bytes]]:
        """Every batch that ends at or after `start_offset`, in order, as header and bytes.

        Raises:
            Refused: CORRUPT_MESSAGE if the file is damaged; KAFKA_STORAGE_ERROR.
        """
        try:
            yield from self.segments.batches(max(start_offset, self.log_start_offset))
        except (BrokenBatch, OSError) as fault:
            raise self._unreadable(fault) from fault

    def _unreadable(self, fault: BrokenBatch | OSError) -> Refused:
        """What a client is told; the operator is told once of each place, until the log grows."""
        self.say("log cannot be read", fault)
        if isinstance(fault, BrokenBatch):
            return Refused(ErrorCode.CORRUPT_MESSAGE, f"{self.name} is damaged: {fault}")
        return Refused(ErrorCode.KAFKA_STORAGE_ERROR, f"{self.name} cannot be read: {fault}")

    def say(self, what: str, fault: Exception) -> None:
        """A line of the log, unless it would be the same as the last one and nothing was written in between."""
        said = str(fault), self.log_end_offset
        if said != self._said:
            self._said = said
            _log.error("%s: partition=%s why=%s", what, self.name, fault)

    def _out_of_range(self, offset: int) -> Refused:
        below = offset < self.log_start_offset
        why = f"starting from offset: {self.log_start_offset}" if below else f"upto {self.log_end_offset}"
        return Refused(
            ErrorCode.OFFSET_OUT_OF_RANGE,
            f"Received request for offset {offset} for partition {self.name}, but we only have log segments {why}.",
        )

    def offset_for_timestamp(self, timestamp: int) -> search.Found | None:
        """The first record that is not before `timestamp`, as (timestamp, offset, leader_epoch).

        Raises:
            Refused: as `batches`.
        """
        try:
            return search.first_at_or_after(self.segments, timestamp, self.log_start_offset)
        except (BrokenBatch, OSError) as fault:
            raise self._unreadable(fault) from fault

    def offset_of_max_timestamp(self) -> search.Found | None:
        """The first record with the largest timestamp, as (timestamp, offset, leader_epoch).

        Raises:
            Refused: as `batches`.
        """
        try:
            return search.latest(self.segments)
        except (BrokenBatch, OSError) as fault:
            raise self._unreadable(fault) from fault

    def end_offset_for_epoch(self, leader_epoch: int) -> tuple[int, int]:
        """(largest known epoch up to that one, where it ended), or (-1, -1)."""
        return self._epochs.end_offset_for(leader_epoch, self.log_end_offset)

    def earliest_epoch(self) -> int:
        """The epoch of the first offset, or -1."""
        return self._epochs.epoch_at(self.log_start_offset)
