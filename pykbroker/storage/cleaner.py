"""Which partition is compacted next, and what becomes of the result; the work between them is compacting.py's.

Kafka's cleaner-offset-checkpoint says up to where each log is clean.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pykbroker.config.topic import LogConfig

from . import names
from .checkpoints import write_offsets
from .compacting import Compacted
from .compaction import Work, due, work
from .data_directory import DataDirectory
from .partition_log import PartitionLog
from .retention import NEVER
from .swapping import swap


class Candidate(NamedTuple):
    log: PartitionLog
    work: Work


class _Seen(NamedTuple):
    """When there may be something to do in a log that nobody writes to; void once it ends elsewhere."""

    end_offset: int | None
    config: LogConfig
    due: int


class Cleaner:
    """The compactions of one data directory."""

    def __init__(self, data: DataDirectory) -> None:
        self._data = data
        self._seen: dict[tuple[str, int], _Seen] = {}

    def candidate(self, topic: str, partition: int, timestamp: int) -> Candidate | None:
        """What is worth compacting of the partition.  One that is not open is opened if there may be something.

        Raises:
            Refused: KAFKA_STORAGE_ERROR.
        """
        config = self._data.compacted_config(topic, partition)
        if config is None:
            return None
        key = topic, partition
        log = self._data.open_log(topic, partition)
        if log is None:
            seen, end_offset = self._seen.get(key), self._data.end_offset(topic, partition)
            if seen is None or seen.end_offset != end_offset or seen.config is not config:
                seen = self._seen[key] = _Seen(end_offset, config, self._due_on_disk(key))
            if timestamp < seen.due:
                return None
            log = self._data.partition(topic, partition)
        first_dirty_offset = self._data.cleaner_offsets.get(key, 0)
        todo = work(log, first_dirty_offset, timestamp)
        if todo is None:
            self._seen[key] = _Seen(log.log_end_offset, config, due(log, first_dirty_offset, timestamp))
            return None
        return Candidate(log, todo)

    def forget_all_but(self, partitions: Collection[tuple[str, int]]) -> None:
        """What was seen of deleted topics takes no memory."""
        if len(self._seen) > len(partitions):
            self._seen = {key: self._seen[key] for key in partitions if key in self._seen}

    def _due_on_disk(self, key: tuple[str, int]) -> int:
        """A log is worth opening if something in it is sealed."""
        directory = self._data.path / names.partition_directory(*key)
        return 0 if len(list(directory.glob(f"*{names.LOG}"))) > 1 else NEVER

    def announce(self, log: PartitionLog, work: Work) -> Callable[[], None] | None:
        """What writes that the log is about to have gaps, if that is not known yet: see `checkpoint`.

        Who recovers a log takes a gap for damage, unless it is compacted or listed there.
        """
        if (log.topic, log.partition) in self._data.cleaner_offsets:
            return None
        self._data.cleaner_offsets[log.topic, log.partition] = work.first_dirty_offset
        return self.checkpoint()

    def put_in_place(self, log: PartitionLog, result: Compacted) -> bool:
        """The log consists of what was written; False, and nothing is done, if it changed or went meanwhile.

        Raises:
            OSError: the files could not take their places.
        """
        if self._data.open_log(log.topic, log.partition) is not log or not log.config.compacted:
            return False
        aside: list[Path] | None = swap(log, result, self._data.descriptors)
        if aside is None:
            return False
        self._data.removals.add(aside, log.config.file_delete_delay_ms)
        self._data.cleaner_offsets[log.topic, log.partition] = result.end_offset
        return True

    def checkpoint(self) -> Callable[[], None]:
        """What writes up to where each log is clean, as it is now; it syncs, so it is for another thread to call."""
        return partial(write_offsets, self._data.path / names.CLEANER_OFFSETS, dict(self._data.cleaner_offsets))
