"""A batch of the broker's own that is written again and again with other numbers in it: built once, filled in.

It is filled in and written in C (`_usual.c`); without a compiler no batch is ever taken.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from .partition_log import PartitionLog
from .records import Record, build_batch

try:
    from ._usual import fill
except ImportError:
    fill = None  # type: ignore[assignment]

_SLOT = b"\xfe\x91\xe4\x5d\x0a\xc6\x38\xff"  # stands in no text: UTF-8 has neither its first byte nor its last
(SLOT,) = struct.unpack(">q", _SLOT)
"""The number, of 64 bits, that stands in a record's value where another is filled in later."""


class PreparedBatch:
    """`records` without timestamps, whose values have SLOT where a number is to be filled in."""

    __slots__ = ("_batch", "_slots")

    def __init__(self, records: Sequence[Record]) -> None:
        self._batch = build_batch([record._replace(timestamp=0) for record in records])
        self._slots: list[int] = []
        at = self._batch.find(_SLOT)
        while at >= 0:
            self._slots.append(at)
            at = self._batch.find(_SLOT, at + len(_SLOT))

    def append(self, log: PartitionLog, numbers: list[int], *, leader_epoch: int, timestamp_ms: int) -> bool:
        """The batch stands at the end of `log`, all its records of `timestamp_ms`, with `numbers` in its slots.

        False, and nothing changed, when it takes more than a write: `PartitionLog.append_records` knows what to do.

        Raises:
            Refused: KAFKA_STORAGE_ERROR.
        """
        return fill is not None and fill(log, self._batch, self._slots, numbers, leader_epoch, timestamp_ms)
