"""What of a log is to be compacted, and when: the segments that nobody writes to any more, once enough is dirty.

Dirty is what no compaction has seen yet.  Pure: the time comes in as an argument.
Source: Kafka's LogCleanerManager.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pykbroker_protocol.records.batch import NO_TIMESTAMP

from pykbroker.config.topic import LogConfig

from .partition_log import PartitionLog
from .segment import Segment


class Piece(NamedTuple):
    """A segment as it is now; nobody writes to it any more, but it may be deleted."""

    base_offset: int
    size: int


class Work(NamedTuple):
    """What a compaction has to do: everything that it needs, so that another thread can do it."""

    name: str
    directory: Path
    pieces: list[Piece]  # the clean ones, then the dirty ones
    first_dirty_offset: int
    end_offset: int  # of the dirty ones
    dirty_ratio: float
    config: LogConfig
    timestamp: int
    last_offsets: dict[int, int]  # producer id -> the last offset of its newest batch, which has to stay


def work(log: PartitionLog, first_dirty_offset: int, timestamp: int) -> Work | None:
    """What is worth doing in `log`, compacted up to `first_dirty_offset`; None if nothing is."""
    config = log.config
    first_dirty_offset = max(first_dirty_offset, log.log_start_offset)
    if first_dirty_offset > log.log_end_offset:  # it is of a log that was lost
        first_dirty_offset = log.log_start_offset
    sealed = log.segments[: _uncleanable(log, timestamp)]
    first_dirty = next((n for n, each in enumerate(sealed) if _end(log, n) > first_dirty_offset), len(sealed))
    dirty = sealed[first_dirty:]
    dirty_bytes = sum(segment.size for segment in dirty)
    if not dirty_bytes:
        return None
    ratio = dirty_bytes / sum(segment.size for segment in sealed)
    if ratio <= config.min_cleanable_dirty_ratio and not _waited_too_long(dirty, config, timestamp):
        return None
    return Work(
        name=log.name,
        directory=sealed[0].directory,
        pieces=[Piece(segment.base_offset, segment.size) for segment in sealed],
        first_dirty_offset=max(first_dirty_offset, dirty[0].base_offset),
        end_offset=_end(log, len(sealed) - 1),
        dirty_ratio=ratio,
        config=config,
        timestamp=timestamp,
        last_offsets={
            producer_id: producer.batches[-1].last_offset
            for producer_id, producer in log.producers.entries().items()
            if producer.batches
        },
    )


def _end(log: PartitionLog, number: int) -> int:
    """Where a segment ends that is not the active one."""
    return log.segments[number + 1].base_offset


def _uncleanable(log: PartitionLog, timestamp: int) -> int:
    """The first segment that has to wait: the active one, one with undecided records, or one that is too young."""
    youngest = timestamp - log.config.min_compaction_lag_ms
    for number, segment in enumerate(log.segments[:-1]):
        if _end(log, number) > log.last_stable_offset:
            return number
        if log.config.min_compaction_lag_ms and segment.largest_timestamp() > youngest:
            return number
    return len(log.segments) - 1


def _waited_too_long(dirty: list[Segment], config: LogConfig, timestamp: int) -> bool:
    first = dirty[0].first_timestamp()
    return first != NO_TIMESTAMP and timestamp - first > config.max_compaction_lag_ms
