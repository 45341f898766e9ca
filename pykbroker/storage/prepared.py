"""A batch of the broker's own that is written again and again with other numbers in it: built once, filled in."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from crc32c import crc32c
from pykbroker_protocol.records.batch import BATCH_HEADER, CRC_START, LENGTH_END

from pykbroker.config.topic import LogConfig

from .batch import HEADER, OWNED
from .partition_log import PartitionLog
from .records import Record, build_batch
from .segment import Segment

_SLOT = b"\xfe\x91\xe4\x5d\x0a\xc6\x38\xff"  # stands in no text: UTF-8 has neither its first byte nor its last
_INT64, _TIMESTAMPS = struct.Struct(">q"), struct.Struct(">qq")
_MOST_RELATIVE = 2**31 - 1  # what an index has room for
_CRC = struct.Struct(">I")
_CRC_AT = CRC_START - _CRC.size
_TIMESTAMPS_AT = struct.calcsize(
    HEADER.format[: 1 + [field.name for field in BATCH_HEADER.subcons].index("base_timestamp")]
)
(SLOT,) = _INT64.unpack(_SLOT)
"""The number, of 64 bits, that stands in a record's value where another is filled in later."""


class _Room(NamedTuple):
    """What a segment takes, with this config, before it has to be looked at again, at the latest for a roll."""

    segment: Segment
    config: LogConfig
    bytes: int
    last_offset: int
    until_ms: int


def _room_in(segment: Segment, config: LogConfig) -> _Room:
    # An entry of an index comes with more than an interval of bytes.
    entries = config.segment_index_bytes // 12 - 2 - max(len(segment.offset_index), len(segment.time_index))
    nbytes = min(config.segment_bytes, segment.size + entries * config.index_interval_bytes)
    roll_ms = -1 if config.segment_jitter_ms else config.roll_ms  # where rolls are spread each is looked at
    first_ms = segment.first_timestamp()
    until_ms = (first_ms if first_ms >= 0 else segment.created_ms) + roll_ms if roll_ms >= 0 else -1
    return _Room(segment, config, nbytes, segment.base_offset + _MOST_RELATIVE, until_ms)


class PreparedBatch:
    """`records` without timestamps, whose values have SLOT where a number is to be filled in."""

    __slots__ = ("_batch", "_last_offset_delta", "_room", "_slots")

    def __init__(self, records: Sequence[Record]) -> None:
        self._batch = build_batch([record._replace(timestamp=0) for record in records])
        self._last_offset_delta = len(records) - 1
        self._slots: list[int] = []
        self._room: _Room | None = None
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
        segment, base_offset, size, room = log.segments[-1], log.log_end_offset, len(self._batch), self._room
        if not segment.size:
            return False
        if room is None or room.segment is not segment or room.config is not log.config:
            room = self._room = _room_in(segment, log.config)
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
