"""The records of a log that nobody takes back: without those of transactions that were aborted or never ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from .batch import Header
from .records import Record, records_of

_COMMIT = 1  # ControlRecordType
_UNDECIDED, _COMMITTED, _ABORTED = range(3)


class _Waiting:
    """A batch, and what became of its transaction."""

    __slots__ = ("batch", "fate", "header")

    def __init__(self, header: Header, batch: bytes) -> None:
        self.header, self.batch = header, batch
        self.fate = _UNDECIDED if header.is_transactional else _COMMITTED


def decided_records(batches: Iterable[tuple[Header, bytes]]) -> Iterator[Record]:
    """In the order of their offsets.  What follows an open transaction waits, in memory, until that one ends.

    Raises:
        Refused: CORRUPT_MESSAGE.
    """
    waiting: deque[_Waiting] = deque()
    for header, batch in batches:
        if header.is_control:
            _decide(waiting, header, batch)
            while waiting and waiting[0].fate != _UNDECIDED:
                yield from _records(waiting.popleft())
        elif waiting or header.is_transactional:
            waiting.append(_Waiting(header, batch))
        else:
            yield from records_of(batch, header)
    for each in waiting:
        yield from _records(each)


def _decide(waiting: deque[_Waiting], header: Header, batch: bytes) -> None:
    """A marker ends its producer's transaction; a control batch that lost its record to compaction had none left."""
    for marker in records_of(batch, header):
        fate = _COMMITTED if marker.key is not None and marker.key[2:4] == _COMMIT.to_bytes(2) else _ABORTED
        for each in waiting:
            if each.fate == _UNDECIDED and each.header.producer_id == header.producer_id:
                each.fate = fate


def _records(each: _Waiting) -> Iterator[Record]:
    return records_of(each.batch, each.header) if each.fate == _COMMITTED else iter(())
