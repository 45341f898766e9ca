"""Producer snapshots: a partition's producers as of an offset, in Kafka's own file.

    version int16 = 1, crc-32c uint32 of what follows, entries int32, then 46 bytes for each producer

Only its newest batch is kept of each producer: after a restart a retry of that one is recognised, as in Kafka.
Source: ProducerSnapshot.json; Kafka's ProducerStateManager.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from .checksum import crc32c
from .files import replace_file
from .names import SNAPSHOT, offset_file, offset_of
from .producers import NO_TRANSACTION, Producer, Producers, Written
from .segment import Segment

_VERSION = 1
_HEAD = struct.Struct(">hI")
_COUNT = struct.Struct(">i")
# producer_id, epoch, last_sequence, last_offset, offset_delta, timestamp, coordinator_epoch, current_txn_first_offset
_ENTRY = struct.Struct(">qhiqiqiq")


def snapshot_offsets(directory: Path) -> list[int]:
    """Offsets of the snapshots in `directory`, the newest last."""
    offsets = []
    for name in os.listdir(directory):
        if name.endswith(SNAPSHOT):
            with contextlib.suppress(ValueError):
                offsets.append(offset_of(name))
    return sorted(offsets)


def snapshot_path(directory: Path, offset: int) -> Path:
    return directory / offset_file(offset, SNAPSHOT)


class Snapshots:
    """Those of one log: one for the beginning of each segment, and for the end of the log when it was closed."""

    __slots__ = ("_directory", "newest")

    def __init__(self, directory: Path) -> None:
        self._directory = os.fspath(directory)
        self.newest = max(snapshot_offsets(directory), default=0)

    def take(self, offset: int, producers: Producers, segments: Iterable[Segment]) -> None:
        """There is one for `offset`, the end of the log; the one before goes unless one of `segments` begins there."""
        before = self.newest
        if offset <= before:
            return
        write_snapshot(snapshot_path(Path(self._directory), offset), producers.entries())
        self.newest = offset
        if all(segment.base_offset != before for segment in segments):
            snapshot_path(Path(self._directory), before).unlink(missing_ok=True)


def write_snapshot(path: Path, entries: dict[int, Producer]) -> None:
    """It is in the page cache; a flush of the log puts it on disk."""
    body = bytearray(_COUNT.pack(len(entries)))
    for producer_id, producer in entries.items():
        newest = producer.batches[-1] if producer.batches else Written(-1, -1, 0, -1)
        body += _ENTRY.pack(
            producer_id,
            producer.producer_epoch,
            newest.last_sequence,
            newest.last_offset,
            newest.offset_delta,
            producer.last_timestamp,
            producer.coordinator_epoch,
            producer.transaction_first_offset,
        )
    replace_file(path, _HEAD.pack(_VERSION, crc32c(body)) + body, sync=False)


def read_snapshot(path: Path) -> dict[int, Producer]:
    """
    Raises:
        ValueError: it is not a snapshot, or not whole.
    """
    content = path.read_bytes()
    if len(content) < _HEAD.size + _COUNT.size:
        raise ValueError(f"{len(content)} bytes")
    version, crc = _HEAD.unpack_from(content)
    body = memoryview(content)[_HEAD.size :]
    if version != _VERSION:
        raise ValueError(f"version {version}, only {_VERSION} is known")
    if crc32c(body) != crc:
        raise ValueError(f"its CRC is {crc32c(body):#x}, not {crc:#x}")
    (count,) = _COUNT.unpack_from(body)
    if count < 0 or len(body) != _COUNT.size + count * _ENTRY.size:
        raise ValueError(f"{count} entries in {len(body)} bytes")
    return {
        entry[0]: _producer(*entry[1:])
        for entry in (_ENTRY.unpack_from(body, _COUNT.size + number * _ENTRY.size) for number in range(count))
    }


def _producer(
    producer_epoch: int,
    last_sequence: int,
    last_offset: int,
    offset_delta: int,
    timestamp: int,
    coordinator_epoch: int,
    transaction_first_offset: int,
) -> Producer:
    newest = (Written(last_sequence, last_offset, offset_delta, timestamp),) if last_offset >= 0 else ()
    return Producer(producer_epoch, coordinator_epoch, timestamp, max(transaction_first_offset, NO_TRANSACTION), newest)
