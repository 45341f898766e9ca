"""A partition's log: appends in order, and rolls.

One thread uses it.  What can be read of it: readable_log.py; what of it is on disk: durable_log.py.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn, Protocol

from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.records.batch import LOG_APPEND_TIME, MAGIC_AT, NO_PRODUCER_EPOCH, NO_PRODUCER_ID

from pykbroker.config.topic import LogConfig

from . import validation
from .batch import Header, only_batch, owned_fields, read_header
from .durable_log import DurableLog
from .epochs import LeaderEpochs
from .files import Descriptors, TornWrite
from .markers import Marker
from .producers import Producers
from .records import Record, build_batch
from .recovery import load
from .rewriting import as_stored
from .segment import Segment
from .segments import Segments
from .snapshots import Snapshots
from .syncs import Syncs

_log = logging.getLogger(__name__)


class Watcher(Protocol):
    """Waits for what comes into a log: `pay` tells of bytes, `settle` that a transaction ended, or the log itself."""

    def pay(self, nbytes: int, /) -> None: ...

    def settle(self) -> None: ...


class Appended(NamedTuple):
    """Where a batch stands; of a `duplicate`, where it has stood since its first try."""

    base_offset: int
    last_offset: int
    log_append_time_ms: int  # -1: the topic keeps the producer's timestamps
    log_start_offset: int
    duplicate: bool = False


class PartitionLog(DurableLog):
    """The log of one partition, opened and whole."""

    __slots__ = (
        "_descriptors",
        "_watchers",
        "config",
        "hold_from",
        "partition",
        "scanned_bytes",
        "topic",
        "topic_id",
        "unused_looks",
    )

    def __init__(
        self,
        directory: Path,
        topic: str,
        partition: int,
        topic_id: bytes,
        config: LogConfig,
        *,
        descriptors: Descriptors,
        log_start_offset: int = 0,
        recovery_point: int = 0,
        clean: bool = True,
        has_gaps: bool = False,
        wants_sync: Callable[[PartitionLog], None] = lambda log: None,
    ) -> None:
        """
        wants_sync: see Syncs.

        Raises:
            StorageError: the directory holds something that would have to be lost.
        """
        self.topic = topic
        self.partition = partition
        self.topic_id = topic_id
        self.name = f"{topic}-{partition}"
        self.config = config
        self._watchers: set[Watcher] | None = None  # of most logs nobody ever waits for bytes
        self.unused_looks = 0  # how often idle.py came by since somebody used it
        self.producers = Producers(self.name)
        self._epochs = LeaderEpochs(directory)
        self._directory = os.fspath(directory)
        self._descriptors = descriptors
        self.broken = ""
        self._said = "", 0
        loaded = load(
            directory,
            config,
            descriptors=descriptors,
            producers=self.producers,
            epochs=self._epochs,
            log_start_offset=log_start_offset,
            recovery_point=recovery_point,
            clean=clean,
            has_gaps=has_gaps or config.compacted,
        )
        self.segments = Segments(loaded.segments, loaded.log_end_offset)
        self.log_start_offset = max(log_start_offset, self.segments[0].base_offset)
        self.log_end_offset = self.high_watermark = loaded.log_end_offset
        self.recovery_point = loaded.recovery_point
        self.scanned_bytes = loaded.scanned_bytes
        self._snapshots = Snapshots(directory)
        self.syncs = Syncs(self, self.recovery_point, wants_sync)
        if self.log_end_offset - self.recovery_point >= config.flush_messages:
            self.syncs.ask(self.log_end_offset)  # a retry of what a crash kept from it is not answered before
        self.hold_from = self.syncs.hold_from(config.flush_messages)

    def configure(self, config: LogConfig) -> None:
        """Appends go by `config` from now on."""
        self.config = config
        self.hold_from = self.syncs.hold_from(config.flush_messages)

    @property
    def watchers(self) -> set[Watcher]:
        """Who is paid what arrives."""
        if self._watchers is None:
            self._watchers = set()
        return self._watchers

    def lead(self, leader_epoch: int) -> None:
        """Appends from here on are of `leader_epoch`: a leader's epoch starts before its first batch."""
        self._epochs.assign(leader_epoch, self.log_end_offset)

    def start_at(self, log_start_offset: int) -> None:
        """What lies before `log_start_offset` is out of reach; its files are deletion.py's business."""
        self._epochs.truncate_from_start(log_start_offset)
        self.log_start_offset = log_start_offset

    # Writing

    def append(self, records: bytes | memoryview, *, leader_epoch: int, timestamp_ms: int) -> Appended:
        """The one batch that `records` hold stands at the end.

        Raises:
            Refused: as `only_batch` and `append_batch`.
        """
        batch, header = only_batch(records)
        return self.append_batch(batch, header, leader_epoch=leader_epoch, timestamp_ms=timestamp_ms)

    def append_batch(
        self, batch: memoryview, header: Header, *, leader_epoch: int, timestamp_ms: int, verified: bool = False
    ) -> Appended:
        """A client's batch, as `only_batch` found it, stands at the end, in one write, or nothing changed.

        verified: a coordinator knows that the producer's transaction has come to this partition.

        Raises:
            Refused: as `validation.check`; as `Producers.check`; INVALID_TXN_STATE for a transaction's first batch that
                nobody verified; KAFKA_STORAGE_ERROR.
        """
        checked = validation.check(batch, header, self.config, self.name, timestamp_ms)
        if header.producer_id != NO_PRODUCER_ID:
            written = self.producers.duplicate_of(header)
            if written is not None:
                # Kafka answers a retry with the batch's largest timestamp, whatever the topic's timestamp type.
                base_offset, last_offset, timestamp = written.base_offset, written.last_offset, written.timestamp
                return Appended(base_offset, last_offset, timestamp, self.log_start_offset, duplicate=True)
            if header.is_transactional and not (
                verified or self.producers.has_open(header.producer_id, header.producer_epoch)
            ):
                raise Refused(ErrorCode.INVALID_TXN_STATE, "Record was not part of an ongoing transaction")
            self.producers.check(header, self.log_end_offset)
        header, rest = as_stored(batch, header, checked, self.config, self.name, timestamp_ms)
        return self._write(header, rest, leader_epoch, timestamp_ms)

    def append_records(
        self,
        records: Sequence[Record],
        *,
        leader_epoch: int,
        timestamp_ms: int,
        producer_id: int = NO_PRODUCER_ID,
        producer_epoch: int = NO_PRODUCER_EPOCH,
        transactional: bool = False,
        control: bool = False,
    ) -> Appended:
        """The broker's own records stand at the end as one batch.

        Raises:
            Refused: RECORD_LIST_TOO_LARGE; INVALID_PRODUCER_EPOCH; INVALID_TXN_STATE; KAFKA_STORAGE_ERROR.
        """
        batch = build_batch(
            records,
            producer_id=producer_id,
            producer_epoch=producer_epoch,
            transactional=transactional,
            control=control,
        )
        header = read_header(batch)
        if len(batch) > self.config.segment_bytes:
            raise Refused(ErrorCode.RECORD_LIST_TOO_LARGE, f"{len(batch)} bytes in append to partition {self.name}")
        if producer_id != NO_PRODUCER_ID:
            self.producers.check(header, self.log_end_offset, sequenced=False)
        return self._write(header, [memoryview(batch)[MAGIC_AT:]], leader_epoch, timestamp_ms)

    def append_marker(self, marker: Marker, *, leader_epoch: int, timestamp_ms: int) -> Appended:
        """The producer's transaction is decided, and whoever waits for that knows.

        Raises:
            Refused: as `Producers.check_marker`; KAFKA_STORAGE_ERROR.
        """
        self.producers.check_marker(marker, self.log_end_offset)
        batch = marker.batch(timestamp_ms, append_time=self.config.stamps_append_time)
        appended = self._write(read_header(batch), [memoryview(batch)[MAGIC_AT:]], leader_epoch, timestamp_ms)
        aborted = self.producers.ended_transaction(marker, appended.base_offset, timestamp_ms)
        if aborted is not None:
            try:
                self.segments.put_aborted(aborted)
            except OSError as fault:
                _log.error("%s: the transaction index is written later: %s", self._directory, fault)
        if self.syncs.is_due:
            self.syncs.when_reached(self.syncs.wanted_offset, self.settle_watchers)
        else:
            self.settle_watchers()
        return appended

    def _write(self, header: Header, rest: list[bytes | memoryview], leader_epoch: int, timestamp_ms: int) -> Appended:
        base_offset = self.log_end_offset
        last_offset = base_offset + header.last_offset_delta
        if self.broken:
            raise Refused(ErrorCode.KAFKA_STORAGE_ERROR, self.broken)
        try:
            segment = self._segment_for(header.size, last_offset, header.max_timestamp, timestamp_ms)
            if leader_epoch > self._epochs.latest:
                self._epochs.assign(leader_epoch, base_offset)
        except OSError as fault:
            self._refuse_storage(fault)
        owned = owned_fields(header, base_offset, leader_epoch)
        self.put(segment, [owned, *rest], header.size, last_offset, header.max_timestamp)
        if header.producer_id != NO_PRODUCER_ID and not header.is_control:
            self.producers.wrote(header, base_offset, header.max_timestamp)
        append_time = header.max_timestamp if header.attributes & LOG_APPEND_TIME else -1
        return Appended(base_offset, last_offset, append_time, self.log_start_offset)

    def put(
        self, segment: Segment, pieces: list[bytes | memoryview], size: int, last_offset: int, max_timestamp: int
    ) -> None:
        """A batch that has its offsets stands at the end of `segment`, the active one; whoever waits for it knows, at
        once or when it is on disk, as the topic wants it.

        Raises:
            Refused: KAFKA_STORAGE_ERROR, and nothing changed.
        """
        try:
            segment.append(pieces, size, last_offset, max_timestamp, self.config.index_interval_bytes)
        except OSError as fault:
            self._refuse_storage(fault)
        self.log_end_offset = self.segments.end_offset = last_offset + 1
        self.arrived(last_offset + 1, size)

    def arrived(self, end_offset: int, size: int) -> None:
        """The log ends at `end_offset` since a batch of `size` bytes was written: it is shown, or held back."""
        if end_offset >= self.hold_from:
            self.syncs.appended(end_offset, size, self.config.flush_messages)
            self.hold_from = 0
        else:
            self.high_watermark = end_offset
            if self._watchers:
                self.pay_watchers(size)

    def take_back(self, segment: Segment) -> None:
        """The file of `segment` ends where it is known to end, though a write failed.

        Raises:
            Refused: KAFKA_STORAGE_ERROR, and the log takes no more writes.
        """
        try:
            segment.file.take_back(segment.size)
        except OSError as fault:
            self._refuse_storage(fault)

    def settle_watchers(self) -> None:
        for watcher in tuple(self._watchers or ()):
            watcher.settle()

    def pay_watchers(self, nbytes: int) -> None:
        for watcher in tuple(self._watchers or ()):
            watcher.pay(nbytes)

    def fail(self, fault: OSError) -> None:
        """The log takes no more writes, and nothing that was held back is shown or answered, until a restart.

        What was to be synced and was not may never reach the disk, though a second try says it did.
        """
        if not self.broken:
            self.broken = f"{self.name} takes no more writes until the broker restarts and recovers it: {fault}"
            _log.error("log takes no more writes until a restart: partition=%s why=%s", self.name, fault)
            self.syncs.give_up()

    def _refuse_storage(self, fault: OSError) -> NoReturn:
        if isinstance(fault, TornWrite):
            self.fail(fault)
        else:
            self.say("batch not written", fault)
        raise Refused(
            ErrorCode.KAFKA_STORAGE_ERROR, f"Error while appending records to {self.name}: {fault}"
        ) from fault

    # Segments

    def _segment_for(self, size: int, last_offset: int, max_timestamp: int, timestamp_ms: int) -> Segment:
        """The active segment, rolled before if the batch does not fit or the segment's time is up."""
        segment, config = self.segments[-1], self.config
        if segment.size == 0:
            segment.created_ms = timestamp_ms
        if (
            segment.size > config.segment_bytes - size
            or not segment.has_room_for(last_offset, config.segment_index_bytes)
            or (
                segment.size
                and segment.waited_ms(timestamp_ms, max_timestamp)
                > config.roll_ms - segment.jitter_ms(config.segment_jitter_ms, config.roll_ms)
            )
        ):
            self.roll()
            segment = self.segments[-1]
            segment.created_ms = timestamp_ms
        return segment

    def roll(self) -> None:
        """A new segment begins at the end of the log; the one before it waits for its flush.  An empty one stays."""
        active = self.segments[-1]
        if active.base_offset == self.log_end_offset:
            return
        active.seal()
        self._snapshots.take(self.log_end_offset, self.producers, self.segments)
        segment = Segment(Path(self._directory), self.log_end_offset, self._descriptors)
        segment.create()
        self.segments.append(segment)
        _log.info("segment rolled: partition=%s bytes=%d start_offset=%d", self.name, active.size, segment.base_offset)

    # The end

    def expire_producers(self, timestamp: int) -> None:
        if len(self.producers):
            self.producers.expire(timestamp, self.config.producer_id_expiration_ms)

    def close(self) -> None:
        """The files are as a clean shutdown leaves them, on disk."""
        pending = self.prepare_close()
        if pending is not None:
            pending.sync()
            self.flushed(pending)
        self.abandon()

    def abandon(self) -> None:
        """Descriptors go, files stay as they are.  Whoever waits for bytes waits no longer."""
        self.settle_watchers()
        self.syncs.give_up()
        for segment in self.segments:
            segment.release()
