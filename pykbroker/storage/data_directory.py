"""A broker's directory: who may use it, which partitions it holds, and what of them is known good.

A partition costs a dict entry until it is first used; then it is opened, and recovered if the last shutdown was not
clean.  When nobody has used it for long it is closed, and costs a dict entry again (idle.py).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.config.topic import LogConfig

from . import names
from .checkpoints import loaded, write_topic_id
from .claims import UNKNOWN, claimed_for
from .clean_marker import leave_clean_marker, take_clean_marker
from .deletion import Doomed, delete_expired, set_aside
from .dormant import due_at_rest, due_on_disk
from .files import Descriptors
from .identity import claimed
from .lock import Locked, take_lock
from .partition_log import PartitionLog
from .properties import MetaProperties
from .recovery import StorageError
from .removals import Removals
from .retention import deletes

_log = logging.getLogger(__name__)
MAX_OPEN_SEGMENTS = 512


class DataDirectoryLocked(StorageError):
    """Another broker uses the directory."""


class _Topic:
    """What the catalog told of a topic; `logs` has None for each partition that is not open."""

    __slots__ = ("config", "dormant_until", "logs", "topic_id")

    def __init__(self, topic_id: bytes, config: LogConfig) -> None:
        self.topic_id = topic_id
        self.config = config
        self.logs: dict[int, PartitionLog | None] = {}
        self.dormant_until: dict[int, int] = {}  # partition that is not open -> the timestamp to open it for retention


class DataDirectory:
    """The directory while this broker holds its lock."""

    def __init__(
        self, path: Path, properties: MetaProperties, lock: int, new_uuid: Callable[[], bytes], max_open_segments: int
    ) -> None:
        self.path = path
        self.cluster_id = properties.cluster_id
        self.node_id = properties.node_id
        self.directory_id = properties.directory_id
        self.clean = take_clean_marker(path)
        self._lock = lock
        self._new_uuid = new_uuid
        self._topics: dict[str, _Topic] = {}
        self.descriptors = Descriptors(max_open_segments)
        self._recovery_points = loaded(path / names.RECOVERY_POINTS)
        self._log_start_offsets = loaded(path / names.LOG_START_OFFSETS)
        self._high_watermarks = loaded(path / names.HIGH_WATERMARKS)
        self.cleaner_offsets = loaded(path / names.CLEANER_OFFSETS).offsets
        self.in_use: set[PartitionLog] = set()  # logs that stay open though nobody asks for them
        self.unsynced: set[PartitionLog] = set()  # logs that want a sync; whoever sees to it takes them out
        self.wake_syncing: Callable[[], None] = lambda: None  # called when `unsynced` is empty no longer
        self.removals = Removals()
        self.removals.add((path / name for name in os.listdir(path) if name.endswith(names.DELETE_SUFFIX)), 0)
        on_disk = set() if self.clean and self._high_watermarks.offsets else set(self.partitions_on_disk())
        self._suspects = set() if self.clean else on_disk
        self._unlisted = frozenset() if self._high_watermarks.offsets else frozenset(on_disk)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        new_uuid: Callable[[], bytes],
        node_id: int | None = None,
        cluster_id: str | None = None,
        max_open_segments: int = MAX_OPEN_SEGMENTS,
    ) -> DataDirectory:
        """The directory is this broker's, made and formatted if there was none.

        Raises:
            DataDirectoryLocked: another broker has it.
            StorageError: it belongs to another node or cluster, is damaged, or cannot be written.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            lock = take_lock(path / names.LOCK)
        except Locked as fault:
            raise DataDirectoryLocked(
                f"Another broker (or Kafka) uses the data directory {path}: stop it, or give this one a directory "
                "of its own (log.dirs)"
            ) from fault
        except OSError as fault:
            raise StorageError(
                f"The data directory {path} cannot be used: {fault}; choose another one (log.dirs)"
            ) from fault
        try:
            properties = claimed(path, new_uuid, node_id, cluster_id)
            return cls(path, properties, lock, new_uuid, max_open_segments)
        except BaseException:
            os.close(lock)
            raise

    # Partitions

    def create_partition(self, topic: str, partition: int, topic_id: bytes, config: LogConfig) -> None:
        """The partition can be used; its files appear when it is."""
        known = self._topics.get(topic)
        if known is None or known.topic_id != topic_id:
            if known is not None:
                self.delete_topic(topic)
            known = self._topics[topic] = _Topic(topic_id, config)
        known.logs.setdefault(partition, None)

    def configure(self, topic: str, config: LogConfig) -> None:
        """The topic's logs go by `config` from now on."""
        known = self._topics[topic]
        known.config = config
        known.dormant_until.clear()
        for log in known.logs.values():
            if log is not None:
                log.configure(config)

    def partition(self, topic: str, partition: int) -> PartitionLog:
        """The partition's log, opened and recovered if this is its first use.

        Raises:
            Refused: UNKNOWN_TOPIC_OR_PARTITION; KAFKA_STORAGE_ERROR if it cannot be opened.
        """
        known = self._topics.get(topic)
        if known is None or partition not in known.logs:
            raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"{topic}-{partition} is not on this broker")
        log = known.logs[partition]
        if log is None:
            try:
                log = known.logs[partition] = self._open(topic, partition, known)
            except (OSError, StorageError) as fault:
                _log.error("log not opened: partition=%s-%d why=%s", topic, partition, fault)
                raise Refused(
                    ErrorCode.KAFKA_STORAGE_ERROR, f"{topic}-{partition} cannot be opened: {fault}"
                ) from fault
        log.unused_looks = 0
        return log

    def _open(self, topic: str, partition: int, known: _Topic) -> PartitionLog:
        key = topic, partition
        directory = self.path / names.partition_directory(topic, partition)
        if directory.is_dir():
            self._set_stray_aside(directory, key, known.topic_id)
        if not directory.is_dir():
            directory.mkdir()
            write_topic_id(directory, known.topic_id)
        log = PartitionLog(
            directory,
            topic,
            partition,
            known.topic_id,
            known.config,
            descriptors=self.descriptors,
            log_start_offset=self._log_start_offsets.offsets.get(key, 0),
            recovery_point=self._recovery_points.offsets.get(key, 0),
            clean=key not in self._suspects,
            has_gaps=key in self.cleaner_offsets,
            wants_sync=self._sync_wanted,
        )
        self._suspects.discard(key)
        return log

    def _set_stray_aside(self, directory: Path, key: tuple[str, int], topic_id: bytes) -> None:
        """A directory that is not the topic's keeps its files, under another name."""
        why = claimed_for(directory, topic_id, after_crash=key in self._suspects)
        if not why:
            return
        aside = self.path / names.set_aside_directory(*key, self._new_uuid(), names.STRAY_SUFFIX)
        _log.warning("%s %s, it is now %s", directory, why, aside.name)
        start_offset = self._log_start_offsets.offsets.get(key)
        self._forget(key)
        if why == UNKNOWN and start_offset is not None:
            self._log_start_offsets.put(key, start_offset)  # if it was the topic's, no offset is given out twice
        directory.rename(aside)

    def delete_topic(self, topic: str) -> None:
        """Nothing of the topic can be reached; its files wait under other names until `removals` lets go of them."""
        known = self._topics.pop(topic)
        for partition, log in known.logs.items():
            if log is not None:
                log.abandon()
            directory = self.path / names.partition_directory(topic, partition)
            self._forget((topic, partition))
            aside = names.set_aside_directory(topic, partition, self._new_uuid(), names.DELETE_SUFFIX)
            try:
                self.removals.add([directory.rename(self.path / aside)], known.config.file_delete_delay_ms)
            except FileNotFoundError:
                pass  # it was never used
            except OSError as fault:
                _log.error("not removed: partition=%s-%d why=%s", topic, partition, fault)

    def _forget(self, key: tuple[str, int]) -> None:
        self._suspects.discard(key)
        self.cleaner_offsets.pop(key, None)
        for checkpoint in (self._recovery_points, self._log_start_offsets, self._high_watermarks):
            checkpoint.drop(key)

    def partitions(self) -> list[tuple[str, int]]:
        """Every partition that the catalog told of."""
        return [(topic, partition) for topic, known in self._topics.items() for partition in known.logs]

    def retain(self, topic: str, partition: int, timestamp: int, doomed: list[Doomed]) -> bool:
        """What is past the partition's retention is out of reach, and among the `doomed`; whether that took time.

        A partition that is not open is looked at once, and opened when something in it is due.

        Raises:
            Refused: KAFKA_STORAGE_ERROR.
        """
        known = self._topics.get(topic)
        if known is None or partition not in known.logs:
            return False  # it was deleted meanwhile
        log = known.logs[partition]
        if log is None:
            if not deletes(known.config):
                return False
            due = known.dormant_until.get(partition)
            if due is None:
                directory = self.path / names.partition_directory(topic, partition)
                known.dormant_until[partition] = due_on_disk(directory, known.config)
                return True
            if timestamp < due:
                return False
            del known.dormant_until[partition]
            log = self.partition(topic, partition)
        deleted = delete_expired(log, timestamp)
        if deleted is not None:
            doomed.append(deleted)
        return deleted is not None

    def condemn(self, doomed: Sequence[Doomed]) -> None:
        """The files of what is out of reach wait in `removals`, once it is on disk where their logs start.

        Without that, a power cut could keep a file and lose a later one, and recovery cut the log there.

        Raises:
            OSError: it is not, and they stay.
        """
        there = [each for each in doomed if self.open_log(each.log.topic, each.log.partition) is each.log]
        self.checkpoint_starts([each.log for each in there])
        for each in there:
            self.removals.add(set_aside(each), each.log.config.file_delete_delay_ms)

    def compacted_config(self, topic: str, partition: int) -> LogConfig | None:
        """The topic's config if it is compacted and has the partition."""
        known = self._topics.get(topic)
        return known.config if known and partition in known.logs and known.config.compacted else None

    def partitions_on_disk(self) -> Iterator[tuple[str, int]]:
        """Every partition that has a directory, whether the catalog knows it or not."""
        with os.scandir(self.path) as entries:
            for entry in entries:
                key = names.parse_partition_directory(entry.name)
                if key is not None and entry.is_dir():
                    yield key

    def is_on_disk(self, topic: str, partition: int) -> bool:
        """Whether the partition has a directory: whether it was ever used."""
        return (self.path / names.partition_directory(topic, partition)).is_dir()

    def open_log(self, topic: str, partition: int) -> PartitionLog | None:
        """The partition's log, or None while it is not open."""
        known = self._topics.get(topic)
        return known.logs.get(partition) if known else None

    def open_size(self, topic: str, partition: int) -> int | None:
        """The bytes of a partition's segments, or None while it is not open; see sizes.py for those."""
        log = self.open_log(topic, partition)
        return None if log is None else log.size_bytes

    def end_offset(self, topic: str, partition: int) -> int | None:
        """Where a partition's log ends, without opening it; None where only its recovery will tell."""
        known = self._topics.get(topic)
        if known is None or partition not in known.logs:
            return None
        log = known.logs[partition]
        if log is not None:
            return log.log_end_offset
        key = topic, partition
        if key in self._suspects:
            return None
        # What was ever opened is listed with its end at each shutdown, unless the list itself is lost.
        return self._high_watermarks.offsets.get(key, None if key in self._unlisted else 0)

    def start_offset(self, topic: str, partition: int) -> int | None:
        """Where a partition's log starts, without opening it; None where only its files tell."""
        log = self.open_log(topic, partition)
        if log is not None:
            return log.log_start_offset
        return self._log_start_offsets.offsets.get(
            (topic, partition), 0 if self.end_offset(topic, partition) == 0 else None
        )

    def open_logs(self) -> Iterator[PartitionLog]:
        return (log for known in self._topics.values() for log in known.logs.values() if log is not None)

    def rest(self, log: PartitionLog) -> None:
        """The log costs a dict entry again, as before its first use.  All of it is on disk, and known to be."""
        known = self._topics[log.topic]
        assert known.logs[log.partition] is log
        assert log.recovery_point == log.log_end_offset
        log.broken = f"{log.name} was closed while nobody used it"  # for whoever still holds this object
        log.abandon()
        known.logs[log.partition] = None
        if deletes(known.config):
            known.dormant_until[log.partition] = due_at_rest(log.segments, known.config)
        self._note(log)
        self._note_start(log)

    def _sync_wanted(self, log: PartitionLog) -> None:
        if not self.unsynced:
            self.wake_syncing()
        self.unsynced.add(log)

    # What a shutdown, clean or not, leaves

    def checkpoint(self) -> None:
        """The files say how far each open log is on disk, and where it starts.

        Raises:
            OSError: they cannot be written.
        """
        for write in self.due_checkpoints():
            write()

    def due_checkpoints(self) -> Iterator[Callable[[], None]]:
        """What writes each of those files that has changed; it may be called in a thread.

        Raises:
            OSError: where logs start cannot be written; that is not put off, since DeleteRecords writes it too.
        """
        self.checkpoint_starts(self.open_logs())
        for log in self.open_logs():
            self._note(log)
        for checkpoint in (self._recovery_points, self._high_watermarks):
            if write := checkpoint.due():
                yield write

    def disown(self, partitions: Collection[tuple[str, int]]) -> None:
        """The files say nothing of these, which are to be made: a topic of that name may have had some.

        After a crash its start would be taken for theirs, and what lies before would go.

        Raises:
            OSError: they could not be written.
        """
        self._log_start_offsets.forget(partitions)
        self._recovery_points.forget(partitions)

    def checkpoint_starts(self, logs: Iterable[PartitionLog]) -> None:
        """The file says where these logs start: it is on disk, if one of them has a new start.

        Raises:
            OSError: it cannot be written.
        """
        for log in logs:
            self._note_start(log)
        if write := self._log_start_offsets.due():
            write()

    def _note(self, log: PartitionLog) -> None:
        key = log.topic, log.partition
        self._recovery_points.put(key, log.recovery_point)
        self._high_watermarks.put(key, log.high_watermark)

    def _note_start(self, log: PartitionLog) -> None:
        """A log from which nothing was deleted needs no entry.

        Kafka has none of a log that starts with its first segment, but what lay before may be back after a power cut.
        """
        key = log.topic, log.partition
        if log.log_start_offset > 0:
            self._log_start_offsets.put(key, log.log_start_offset)
        else:
            self._log_start_offsets.drop(key)

    def close(self) -> None:
        """Every log is on disk and the next start has nothing to recover, if all could be written; the lock is free."""
        whole = True
        for log in self.open_logs():
            try:
                log.close()
            except OSError as fault:
                _log.error("%s could not be closed cleanly, the next start recovers it: %s", log.name, fault)
                whole = False
        try:
            self.checkpoint()
            if whole and not self._suspects:  # partitions that were never opened since a crash are still not known good
                leave_clean_marker(self.path)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """The lock is free; files stay as they are, as after a kill."""
        for log in self.open_logs():
            log.abandon()
        self._topics.clear()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
