"""What of a log is to be compacted, and when: the segments that nobody writes to any more, once enough is dirty.

Dirty is what no compaction has seen yet.  Pure: the time comes in as an argument.
Source: Kafka's LogCleanerManager.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pykbroker.config.topic import LogConfig

from .aborted import Aborted
from .partition_log import PartitionLog
from .retention import NEVER
from .segment import Segment


class Piece(NamedTuple):
    """A segment as it is now; nobody writes to it any more, but it may be deleted."""

    base_offset: int
    size: int


class Newest(NamedTuple):
    """What the log holds last of a producer: the end of its newest batch, -1 if it has none but a marker."""

    last_offset: int
    producer_epoch: int


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
    newest: dict[int, Newest]  # producer id -> what has to stay of it
    aborted: list[Aborted]  # transactions that begin before `end_offset`


def work(log: PartitionLog, first_dirty_offset: int, timestamp: int) -> Work | None:
    """What is worth doing in `log`, compacted up to `first_dirty_offset`; None if nothing is."""
    first_dirty_offset = _of_this_log(log, first_dirty_offset)
    config, first = log.config, _first_dirty(log, first_dirty_offset)
    end = _uncleanable(log, first, timestamp)
    sealed, dirty = log.segments[:end], log.segments[first:end]
    dirty_bytes = sum(segment.size for segment in dirty)
    if not dirty_bytes:
        return None
    ratio = dirty_bytes / sum(segment.size for segment in sealed)
    if ratio <= config.min_cleanable_dirty_ratio and not _waited_too_long(log.segments[first:-1], config, timestamp):
        return None
    return Work(
        name=log.name,
        directory=sealed[0].directory,
        pieces=[Piece(segment.base_offset, segment.size) for segment in sealed],
        first_dirty_offset=max(first_dirty_offset, dirty[0].base_offset),
        end_offset=_end(log, end - 1),
        dirty_ratio=ratio,
        config=config,
        timestamp=timestamp,
        newest={
            producer_id: Newest(producer.batches[-1].last_offset if producer.batches else -1, producer.producer_epoch)
            for producer_id, producer in log.producers.entries().items()
        },
        aborted=[
            aborted
            for segment in log.segments
            for aborted in segment.aborted.since(0)
            if aborted.first_offset < _end(log, end - 1)
        ],
    )


def due(log: PartitionLog, first_dirty_offset: int, timestamp: int) -> int:
    """The first time after `timestamp` at which there may be something to do though nobody wrote."""
    config, times = log.config, []
    for segment in log.segments[_first_dirty(log, _of_this_log(log, first_dirty_offset)) : -1]:
        times.append(segment.largest_timestamp() + config.min_compaction_lag_ms)
        times.append(segment.first_timestamp() + config.max_compaction_lag_ms + 1)
    return min((each for each in times if each > timestamp), default=NEVER)


def _of_this_log(log: PartitionLog, first_dirty_offset: int) -> int:
    """Beyond its end it is of a log that was lost."""
    return log.log_start_offset if first_dirty_offset > log.log_end_offset else first_dirty_offset


def _first_dirty(log: PartitionLog, first_dirty_offset: int) -> int:
    """The number of the first segment that is not wholly clean."""
    last = len(log.segments) - 1
    return next((number for number in range(last) if _end(log, number) > first_dirty_offset), last)


def _end(log: PartitionLog, number: int) -> int:
    """Where a segment ends that is not the active one."""
    return log.segments[number + 1].base_offset


def _uncleanable(log: PartitionLog, first: int, timestamp: int) -> int:
    """The first segment from `first` on that has to wait: the active one, a young one, one with undecided records."""
    youngest = timestamp - log.config.min_compaction_lag_ms
    for number in range(first, len(log.segments) - 1):
        if _end(log, number) > log.last_stable_offset:
            return number
        if log.config.min_compaction_lag_ms and log.segments[number].largest_timestamp() > youngest:
            return number
    return len(log.segments) - 1


def _waited_too_long(dirty: list[Segment], config: LogConfig, timestamp: int) -> bool:
    """Whether one of them is older than max.compaction.lag.ms, be it one that has to wait."""
    times = [first for first in (segment.first_timestamp() for segment in dirty) if first > 0]
    return bool(times) and timestamp - min(times) > config.max_compaction_lag_ms
