"""A compaction from its choice to its end, in one thread."""

from __future__ import annotations

from pathlib import Path

from logs import NOW

from pykbroker.config.topic import LogConfig
from pykbroker.storage.compacting import Compacted, Compaction
from pykbroker.storage.compaction import work
from pykbroker.storage.files import Descriptors
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.records import Record, records_of
from pykbroker.storage.swapping import swap

DAY = 86_400_000
COMPACTED = LogConfig(cleanup_policy=("compact",), min_cleanable_dirty_ratio=0.0, index_interval_bytes=100)


def written(log: PartitionLog, first_dirty: int = 0, now: int = NOW, most_bytes: int = 10**9) -> Compacted | None:
    """What a compaction makes of the log, not yet in place; None if there is nothing to do."""
    todo = work(log, first_dirty, now)
    return None if todo is None else Compaction(todo, most_bytes=most_bytes).run()


def compact(log: PartitionLog, first_dirty: int = 0, now: int = NOW, most_bytes: int = 10**9) -> int:
    """The log is compacted; up to where it is clean now."""
    result = written(log, first_dirty, now, most_bytes)
    if result is None:
        return first_dirty
    removed = swap(log, result, Descriptors(10))
    assert removed is not None
    for path in removed:
        path.unlink()
    return result.end_offset


def put_all(log: PartitionLog, *pairs: tuple[bytes, bytes | None], now: int = NOW, **fields: int) -> None:
    """One batch."""
    log.append_records([Record(key, value, now) for key, value in pairs], leader_epoch=0, timestamp_ms=now, **fields)


def records(log: PartitionLog) -> list[tuple[int, bytes | None, bytes | None]]:
    found = []
    for header, batch in log.batches():
        found += [(each.offset, each.key, each.value) for each in records_of(batch, header)]
    return found


def latest(log: PartitionLog) -> dict[bytes | None, bytes | None]:
    return {key: value for _, key, value in records(log)}


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.glob("*.log*"))
