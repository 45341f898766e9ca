"""Transaction markers: the control records that decide what a producer wrote before them.

    key     version int16 = 0, type int16: 0 abort, 1 commit
    value   version int16 = 0, coordinator_epoch int32

Source: KIP-98; ControlRecordTypeSchema.json and EndTxnMarker.json.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from .batch import Header
from .records import Record, build_batch

_KEY, _VALUE = struct.Struct(">hh"), struct.Struct(">hi")
_VERSION, _ABORT, _COMMIT = 0, 0, 1


class Marker(NamedTuple):
    """`transaction_version` is of the protocol by which it came; it is not in the log."""

    producer_id: int
    producer_epoch: int
    coordinator_epoch: int
    committed: bool
    transaction_version: int = 0

    def batch(self, timestamp: int, *, append_time: bool) -> bytes:
        """The marker in a batch of its own, which no topic's setting compresses."""
        key, value = _KEY.pack(_VERSION, _COMMIT if self.committed else _ABORT), _VALUE.pack(0, self.coordinator_epoch)
        return build_batch(
            [Record(key, value, timestamp)],
            producer_id=self.producer_id,
            producer_epoch=self.producer_epoch,
            transactional=True,
            control=True,
            append_time=append_time,
        )


def marker_in(header: Header, record: Record) -> Marker | None:
    """The marker that the first record of a control batch is; None if it is another control record."""
    key, value = record.key or b"", record.value or b""
    if len(key) < _KEY.size or len(value) < _VALUE.size or (kind := _KEY.unpack_from(key)[1]) not in (_ABORT, _COMMIT):
        return None
    return Marker(header.producer_id, header.producer_epoch, _VALUE.unpack_from(value)[1], kind == _COMMIT)
