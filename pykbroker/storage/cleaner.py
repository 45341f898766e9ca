"""Which partition is compacted next, and what becomes of the result; the work between them is compacting.py's.

Kafka's cleaner-offset-checkpoint says up to where each log is clean.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pykbroker_protocol.errors import Refused

from . import names
from .checkpoints import write_offsets
from .compacting import Compacted
from .compaction import Work, work
from .data_directory import DataDirectory
from .partition_log import PartitionLog
from .swapping import swap


class Candidate(NamedTuple):
    log: PartitionLog
    work: Work


class Cleaner:
    """The compactions of one data directory."""

    def __init__(self, data: DataDirectory) -> None:
        self._data = data
        self._looked_at: set[tuple[str, int]] = set()  # partitions that were not open when compaction came by

    def candidate(self, topic: str, partition: int, timestamp: int) -> Candidate | None:
        """What is worth compacting of the partition.  One that nobody opened is opened once, if it has sealed segments.

        Raises:
            Refused: KAFKA_STORAGE_ERROR.
        """
        key = topic, partition
        log = self._data.compacted_log(topic, partition, or_open=False)
        if log is None and key not in self._looked_at:
            self._looked_at.add(key)
            directory = self._data.path / names.partition_directory(topic, partition)
            several = len(list(directory.glob(f"*{names.LOG}"))) > 1
            log = self._data.compacted_log(topic, partition, or_open=True) if several else None
        if log is None:
            return None
        todo = work(log, self._data.cleaner_offsets.get(key, 0), timestamp)
        return None if todo is None else Candidate(log, todo)

    def put_in_place(self, log: PartitionLog, result: Compacted) -> bool:
        """The log consists of what was written; False, and nothing is done, if it changed or went meanwhile.

        Raises:
            OSError: the files could not take their places.
        """
        try:
            there = self._data.compacted_log(log.topic, log.partition, or_open=False)
        except Refused:
            there = None
        if there is not log:
            return False
        aside: list[Path] | None = swap(log, result, self._data.descriptors)
        if aside is None:
            return False
        self._data.removals.add(aside, log.config.file_delete_delay_ms)
        self._data.cleaner_offsets[log.topic, log.partition] = result.end_offset
        write_offsets(self._data.path / names.CLEANER_OFFSETS, self._data.cleaner_offsets)
        return True
