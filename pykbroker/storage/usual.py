"""The usual batch, told apart in one look: nearly every batch is fit for the log as it is.

It is one whole batch with a CRC that holds, not compressed, neither transactional nor control, with its producer's
timestamps; its records are whole, numbered 0, 1, 2, …, each with a time that the topic allows, and the largest is the
header's.  Of such a batch validation.py finds no fault, and rewriting.py nothing to write anew.  The look is compiled;
without a compiler no batch is usual, and each is checked step by step.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from crc32c import crc32c
from pykbroker_protocol.records.batch import LENGTH_END, MAGIC_AT

from pykbroker.config.topic import LogConfig

from .batch import OWNED
from .partition_log import PartitionLog

try:
    from ._survey import look
except ImportError:
    look = None  # type: ignore[assignment]

_CONFIGS_AT_ONCE = 1024
_LARGEST_SPAN_MS = 2**62  # no time is further away; a timestamp and this fit into 64 bits together


class Bounds(NamedTuple):
    """What a topic asks of a batch, if it asks for nothing unusual."""

    max_message_bytes: int
    timestamp_before_max_ms: int
    timestamp_after_max_ms: int


@lru_cache(_CONFIGS_AT_ONCE)
def bounds(config: LogConfig) -> Bounds | None:
    """None where a batch may have to be written anew, or looked at for keys; and without the compiled look."""
    if (
        look is None
        or config.compression_type != "producer"
        or config.stamps_append_time
        or config.compacted
        or config.segment_jitter_ms
    ):
        return None
    return Bounds(
        config.max_message_bytes,
        min(config.message_timestamp_before_max_ms, _LARGEST_SPAN_MS),
        min(config.message_timestamp_after_max_ms, _LARGEST_SPAN_MS),
    )


def seen(batch: memoryview, bounds: Bounds, timestamp_ms: int) -> tuple[int, int, int, int, int] | None:
    """None, or of the usual batch last_offset_delta, max_timestamp, producer_id, producer_epoch and base_sequence."""
    if len(batch) > bounds.max_message_bytes:
        return None
    earliest, latest = timestamp_ms - bounds.timestamp_before_max_ms, timestamp_ms + bounds.timestamp_after_max_ms
    return look(batch, earliest, latest, crc32c)


def append(log: PartitionLog, batch: memoryview, leader_epoch: int, timestamp_ms: int) -> tuple[int, int] | None:
    """The base offset of a usual batch that is the next of its producer and takes no more than a write, and how many
    records it holds.  None otherwise, and nothing changed: `PartitionLog.append` knows what to do.

    Raises:
        Refused: KAFKA_STORAGE_ERROR.
    """
    bounded = bounds(log.config)
    found = None if bounded is None or log.broken else seen(batch, bounded, timestamp_ms)
    if found is None:
        return None
    last_offset_delta, max_timestamp, producer_id, producer_epoch, base_sequence = found
    segment, size, base_offset = log.segments[-1], len(batch), log.log_end_offset
    if not segment.size:
        return None
    room, last_offset = segment.room(log.config), base_offset + last_offset_delta
    if (
        last_offset > room.last_offset
        or segment.size > room.bytes - size
        or max_timestamp > room.until_ms
        or leader_epoch != log.leader_epoch
        or (producer_id >= 0 and not log.producers.in_turn(producer_id, producer_epoch, base_sequence))
    ):
        return None
    owned = OWNED.pack(base_offset, size - LENGTH_END, leader_epoch)
    log.put(segment, [owned, batch[MAGIC_AT:]], size, last_offset, max_timestamp)
    if producer_id >= 0:
        log.producers.next_in_turn(producer_id, base_sequence, last_offset_delta, base_offset, max_timestamp)
    return base_offset, last_offset_delta + 1
