"""A batch of the broker's own that is written again and again with other numbers in it: built once, filled in."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from pykbroker_protocol.records.batch import BATCH_HEADER, CRC_START, LENGTH_END

from .batch import HEADER, OWNED
from .checksum import crc32c
from .partition_log import PartitionLog
from .records import Record, build_batch

_SLOT = b"\xfe\x91\xe4\x5d\x0a\xc6\x38\xff"  # stands in no text: UTF-8 has neither its first byte nor its last
_INT64, _TIMESTAMPS = struct.Struct(">q"), struct.Struct(">qq")
_CRC = struct.Struct(">I")
_CRC_AT = CRC_START - _CRC.size
_TIMESTAMPS_AT = struct.calcsize(
    HEADER.format[: 1 + [field.name for field in BATCH_HEADER.subcons].index("base_timestamp")]
)
(SLOT,) = _INT64.unpack(_SLOT)
"""The number, of 64 bits, that stands in a record's value where another is filled in later."""


class PreparedBatch:
    """`records` without timestamps, whose values have SLOT where a number is to be filled in."""

    __slots__ = ("_batch", "_last_offset_delta", "_slots")

    def __init__(self, records: Sequence[Record]) -> None:
        self._batch = build_batch([record._replace(timestamp=0) for record in records])
        self._last_offset_delta = len(records) - 1
        self._slots: list[int] = []
        at = self._batch.find(_SLOT)
        while at >= 0:
            self._slots.append(at)
            at = self._batch.find(_SLOT, at + len(_SLOT))

    def append(self, log: PartitionLog, numbers: Sequence[int], *, leader_epoch: int, timestamp_ms: int) -> bool:
        """The batch stands at the end of `log`, all its records of `timestamp_ms`, with `numbers` in its slots.

        False, and nothing changed, when it takes more than a write: `PartitionLog.append_records` knows what to do.

        Raises:
            Refused: KAFKA_STORAGE_ERROR.
        """
        segment, base_offset, size = log.segments[-1], log.log_end_offset, len(self._batch)
        if not segment.size:
            return False
        room = segment.room(log.config)
        last_offset = base_offset + self._last_offset_delta
        if (
            log.broken
            or last_offset + 1 >= log.hold_from
            or last_offset > room.last_offset
            or segment.size > room.bytes - size
            or timestamp_ms > room.until_ms
            or leader_epoch != log.leader_epoch
        ):
            return False
        batch = bytearray(self._batch)
        for at, value in zip(self._slots, numbers, strict=True):
            _INT64.pack_into(batch, at, value)
        _TIMESTAMPS.pack_into(batch, _TIMESTAMPS_AT, timestamp_ms, timestamp_ms)
        _CRC.pack_into(batch, _CRC_AT, crc32c(memoryview(batch)[CRC_START:]))
        OWNED.pack_into(batch, 0, base_offset, size - LENGTH_END, leader_epoch)
        log.put(segment, [bytes(batch)], size, last_offset, timestamp_ms)
        return True
