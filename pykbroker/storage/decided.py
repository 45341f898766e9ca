"""The records of a log that nobody takes back: without those of transactions that were aborted or never ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.records.batch import LENGTH_END

from .batch import Header
from .latest import take
from .partition_log import PartitionLog
from .records import Record, records_of
from .segment import BrokenBatch, Segment

_BLOCK_BYTES = 1024 * 1024  # read at once
_COMMIT = 1  # ControlRecordType
_UNDECIDED, _COMMITTED, _ABORTED = range(3)


class _Waiting:
    """A batch, and what became of its transaction."""

    __slots__ = ("batch", "fate", "header")

    def __init__(self, header: Header, batch: bytes) -> None:
        self.header, self.batch = header, batch
        self.fate = _UNDECIDED if header.is_transactional else _COMMITTED


class _Decided:
    """Batches in order.  What follows an open transaction waits, in memory, until that one ends."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()

    @property
    def waits(self) -> bool:
        return bool(self._waiting)

    def add(self, header: Header, batch: bytes) -> Iterator[Record]:
        """The records that are decided now."""
        waiting = self._waiting
        if header.is_control:
            _decide(waiting, header, batch)
            while waiting and waiting[0].fate != _UNDECIDED:
                yield from _records(waiting.popleft())
        elif waiting or header.is_transactional:
            waiting.append(_Waiting(header, batch))
        else:
            yield from records_of(batch, header)

    def end(self) -> Iterator[Record]:
        """Those that waited for nothing, at the end of the log."""
        for each in self._waiting:
            yield from _records(each)


def decided_records(batches: Iterable[tuple[Header, bytes]]) -> Iterator[Record]:
    """In the order of their offsets.

    Raises:
        Refused: CORRUPT_MESSAGE.
    """
    decided = _Decided()
    for header, batch in batches:
        yield from decided.add(header, batch)
    yield from decided.end()


def latest_values(log: PartitionLog) -> dict[bytes, bytes]:
    """key -> value of the last decided record of each key, without keys whose last record is a tombstone.

    Nearly every batch is taken in one walk over many, see latest.py; what has to wait, or to be read otherwise, one
    by one.

    Raises:
        Refused: CORRUPT_MESSAGE.
    """
    values: dict[bytes, bytes] = {}
    if log.log_start_offset > log.segments[0].base_offset:  # what lies before is deleted, though it is still there
        _take_each(decided_records(log.batches()), values)
        return values
    decided = _Decided()
    try:
        for segment in log.segments:
            for header, batch in _unusual(segment, decided, values):
                _take_each(decided.add(header, batch), values)
    except (BrokenBatch, ValueError) as fault:
        raise Refused(ErrorCode.CORRUPT_MESSAGE, f"{log.name}: {fault}") from fault
    _take_each(decided.end(), values)
    return values


def _unusual(segment: Segment, decided: _Decided, values: dict[bytes, bytes]) -> Iterator[tuple[Header, bytes]]:
    """Each batch that `values` cannot take as it lies; those before it were taken."""
    block, start, position = memoryview(b""), 0, 0
    while position < segment.size:
        at = position - start
        if not decided.waits:
            if not _is_whole(block, at):
                block, start, at = memoryview(segment.file.read_at(position, _BLOCK_BYTES)), position, 0
            taken = take(block[at:], values)
            if taken:
                position += taken
                continue
        _, header = next(segment.headers(position))
        yield header, segment.read(position, header)
        position += header.size


def _is_whole(block: memoryview, at: int) -> bool:
    """Whether a batch that begins there ends in the block."""
    head = block[at : at + LENGTH_END]
    return len(head) == LENGTH_END and at + LENGTH_END + int.from_bytes(head[8:], "big") <= len(block)


def _take_each(records: Iterable[Record], values: dict[bytes, bytes]) -> None:
    for record in records:
        if record.key is None:
            continue
        if record.value is None:
            values.pop(record.key, None)
        else:
            values[record.key] = record.value


def _decide(waiting: deque[_Waiting], header: Header, batch: bytes) -> None:
    """A marker ends its producer's transaction; a control batch that lost its record to compaction had none left."""
    for marker in records_of(batch, header):
        fate = _COMMITTED if marker.key is not None and marker.key[2:4] == _COMMIT.to_bytes(2) else _ABORTED
        for each in waiting:
            if each.fate == _UNDECIDED and each.header.producer_id == header.producer_id:
                each.fate = fate


def _records(each: _Waiting) -> Iterator[Record]:
    return records_of(each.batch, each.header) if each.fate == _COMMITTED else iter(())
