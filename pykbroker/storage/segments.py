"""The segments of one log, in order: which of them holds an offset, and what a fetch gets of it."""

from __future__ import annotations

from collections.abc import Iterator

from .aborted import Aborted
from .batch import Header
from .segment import BrokenBatch, Segment
from .slice import FileSlice

_LARGEST_SLICE = 2**31 - 1


class Segments(list[Segment]):
    """Never empty; the last one is active.

    A consumer that has caught up asks next for the offset where its last slice ended: that place is remembered, for one
    consumer, and costs no look-up.
    """

    __slots__ = ("_caught_up", "end_offset", "last_abort")

    def __init__(self, segments: list[Segment], end_offset: int) -> None:
        super().__init__(segments)
        self.end_offset = end_offset
        self.last_abort = max(segment.aborted.last_offset for segment in segments)
        self._caught_up = end_offset, self[-1], self[-1].size

    def replace(self, first: int, count: int, new: Segment) -> None:
        """`new` takes the place of `count` segments from number `first` on; places in those are not known any more."""
        self[first : first + count] = [new]
        self._caught_up = -1, new, 0

    def read(self, offset: int, max_bytes: int, *, at_least_one: bool, end: int) -> FileSlice | None:
        """Bytes from the batch that holds `offset` on, before the batch of `end`, of one segment.

        Raises:
            BrokenBatch: the file is damaged there.
        """
        caught_up, segment, position = self._caught_up
        size = -1
        if caught_up != offset or position >= segment.size:
            segment, position, size = self._locate(offset)
        limit = segment.size
        if end < self.end_offset:
            limit = min(limit, self._position_before(segment, end))
        length = min(limit - position, max_bytes, _LARGEST_SLICE)
        if length < limit - position:
            if size < 0:
                size = next(segment.headers(position))[1].size
            if length < size and not at_least_one:
                return None  # a part of the first batch is of no use to anybody
            length = min(max(length, size), limit - position)
        if length <= 0:
            return None
        if position + length == segment.size and segment is self[-1]:
            self._caught_up = self.end_offset, segment, segment.size
        return FileSlice(segment.file, position, length)

    def put_aborted(self, aborted: Aborted) -> None:
        """The index of the active segment has the transaction, whose marker stands there.

        Raises:
            OSError: it could not be written, and will be tried again; the index in memory has it.
        """
        self.last_abort = aborted.last_offset
        self[-1].aborted.add(aborted)

    def aborted_in(self, offset: int, found: FileSlice) -> list[Aborted]:
        """The aborted transactions that overlap `found`, just read from `offset` on.

        As in Kafka it may be some that begin a little behind it, up to the next entry of the offset index.
        Source: Kafka's LocalLog.addAbortedTransactions.
        """
        if self.last_abort < offset:
            return []
        start = self.number_of(offset)
        while not self[start].holds(found):
            start += 1
        upper = self[start].upper_offset(found.position + found.length)
        if upper is None:
            upper = self[start + 1].base_offset if start + 1 < len(self) else self.end_offset
        return list(self._aborted(start, offset, upper))

    def _aborted(self, start: int, offset: int, upper: int) -> Iterator[Aborted]:
        for number in range(start, len(self)):
            for aborted in self[number].aborted.since(offset):
                if aborted.first_offset < upper:
                    yield aborted
                if aborted.last_stable_offset >= upper:
                    return

    def _locate(self, offset: int) -> tuple[Segment, int, int]:
        """Segment, position and size of the first batch that ends at or after `offset`."""
        for segment in self.holding(offset):
            found = segment.find(offset)
            if found is not None:
                return segment, *found
        raise BrokenBatch(self[-1].path, self[-1].size, f"no batch holds offset {offset}")

    def _position_before(self, segment: Segment, end: int) -> int:
        """Where the batch of offset `end` begins in `segment`, or its size if that lies behind it."""
        found = segment.find(end) if segment is self[self.number_of(end)] else None
        return found[0] if found else segment.size

    def number_of(self, offset: int) -> int:
        """The last segment whose base is at most `offset`, or the first; reads at the end of the log need no search."""
        if self[-1].base_offset <= offset:
            return len(self) - 1
        low, high = 0, len(self) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self[middle].base_offset <= offset:
                low = middle
            else:
                high = middle - 1
        return low

    def holding(self, offset: int) -> Iterator[Segment]:
        """The segment that holds `offset`, and those after it."""
        return (self[number] for number in range(self.number_of(offset), len(self)))

    def batches(self, start_offset: int) -> Iterator[tuple[Header, bytes]]:
        """Every batch that ends at or after `start_offset`, with its header.

        Raises:
            BrokenBatch: a file is damaged.
        """
        for segment in self.holding(start_offset):
            for position, header in segment.headers(segment.floor_position(start_offset)):
                if header.last_offset >= start_offset:
                    yield header, segment.read(position, header)
