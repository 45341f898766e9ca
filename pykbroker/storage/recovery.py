"""Opening a log: after a clean shutdown its end is looked up; after any other, what was not known good is scanned.

It is cut at the first bad batch.  Known good is what lies below the recovery point, which moves only after fsync.  No
record is decoded, but those of control batches.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pykbroker_protocol.records.batch import CRC_START, HEADER_SIZE, LENGTH_END, MAGIC, NO_PRODUCER_ID

from pykbroker.config.topic import LogConfig

from . import names
from .batch import Header, read_header
from .checkpoints import BadCheckpoint
from .checksum import crc32c
from .epochs import LeaderEpochs
from .files import Descriptors
from .interrupted import end_swaps
from .producers import Producers
from .replay import Replay
from .segment import BrokenBatch, Segment
from .snapshots import snapshot_offsets, snapshot_path

_log = logging.getLogger(__name__)
_SCAN_BYTES = 1024 * 1024


class StorageError(Exception):
    """The directory cannot be used as it is; the message says what to do."""


class Loaded(NamedTuple):
    """What opening found; `scanned_bytes` were not known good and had their CRCs checked."""

    segments: list[Segment]
    log_end_offset: int
    recovery_point: int
    scanned_bytes: int


def load(
    directory: Path,
    config: LogConfig,
    *,
    descriptors: Descriptors,
    producers: Producers,
    epochs: LeaderEpochs,
    log_start_offset: int,
    recovery_point: int,
    clean: bool,
    has_gaps: bool,
) -> Loaded:
    """The log of `directory` is whole: its segments, indexes, producers and epochs agree up to its end.

    Raises:
        StorageError: the directory holds something that this engine would have to lose.
    """
    segments = _segments(directory, log_start_offset, descriptors)
    for segment in segments[:-1]:
        segment.measure()
    try:
        epochs.load()
    except BadCheckpoint as fault:
        _log.warning("leader epochs are forgotten and begin anew: %s", fault)
    opening = _Opening(directory, config, producers, epochs, segments, has_gaps, recovery_point)
    if clean:
        opening.look_up_end(recovery_point)
    else:
        opening.recover(recovery_point)
    if opening.scanned_bytes:
        _log.info(
            "log recovered: partition=%s scanned_bytes=%d end_offset=%d",
            directory.name,
            opening.scanned_bytes,
            opening.end_offset,
        )
    if opening.end_offset < log_start_offset:
        opening.begin_anew(log_start_offset, descriptors)
    end = opening.end_offset
    if end < recovery_point:
        _log.error(
            "records lost: partition=%s end_offset=%d on_disk_before=%d why=files are shorter than they were",
            directory.name,
            end,
            recovery_point,
        )
    epochs.truncate_from_end(end)
    epochs.truncate_from_start(log_start_offset)
    for offset in snapshot_offsets(directory):
        if offset > end:
            snapshot_path(directory, offset).unlink(missing_ok=True)
    return Loaded(
        segments, end, end if clean and not opening.scanned_bytes else min(recovery_point, end), opening.scanned_bytes
    )


def _segments(directory: Path, log_start_offset: int, descriptors: Descriptors) -> list[Segment]:
    bases, indexes = [], []
    end_swaps(directory, descriptors)
    for name in os.listdir(directory):
        if name.endswith(names.LEFTOVER_SUFFIXES):
            (directory / name).unlink()
        elif name.endswith(names.LOG):
            bases.append(names.offset_of(name))
        elif name.endswith(names.SEGMENT_SUFFIXES):
            indexes.append(name)
    for name in indexes:
        if names.offset_of(name) not in bases:
            (directory / name).unlink()
    if not bases:
        Segment(directory, log_start_offset, descriptors).create()
    segments = [Segment(directory, base, descriptors) for base in sorted(bases) or [log_start_offset]]
    while len(segments) > 1 and segments[1].base_offset <= log_start_offset:
        segments.pop(0).delete()  # deleted before a crash; others that were may be gone, which is no gap in the log
    return segments


class _Opening:
    """One log while it is opened: `end_offset` is how far it is whole."""

    def __init__(
        self,
        directory: Path,
        config: LogConfig,
        producers: Producers,
        epochs: LeaderEpochs,
        segments: list[Segment],
        has_gaps: bool,
        known_good: int,
    ) -> None:
        self.directory = directory
        self.known_good = known_good  # what lies below was on disk, and is not given up without being asked
        self.config = config
        self.has_gaps = has_gaps
        self.replay = Replay(directory, segments, producers)
        self.epochs = epochs
        self.segments = segments
        self.end_offset = segments[0].base_offset
        self.scanned_bytes = 0

    def look_up_end(self, recovery_point: int) -> None:
        """Nothing is scanned, unless what lies there is not what a clean shutdown leaves."""
        self._check_indexes_of_sealed(len(self.segments) - 1)
        active = self.segments[-1]
        active.measure()
        try:
            if not (self._indexes_load(active) and self._indexes_fit(active) and active.aborted.load()):
                raise BrokenBatch(active.path, 0, "its indexes are missing or damaged")
            self.end_offset, _ = self._walk(active)
        except BrokenBatch as fault:
            _log.warning("%s: not as a clean shutdown leaves it, recovering: %s", self.directory, fault)
            self.recover(min(recovery_point, active.base_offset))
            return
        self.replay.load(self.end_offset, empty_without_snapshot=True)

    def begin_anew(self, start_offset: int, descriptors: Descriptors) -> None:
        """The log is empty and starts at `start_offset`: what should lie behind it was lost, and the rest deleted."""
        _log.warning(
            "%s: it ends at %d, before its start at %d, and begins there anew",
            self.directory,
            self.end_offset,
            start_offset,
        )
        for segment in self.segments:
            segment.delete()
        self.segments[:] = [Segment(self.directory, start_offset, descriptors)]
        self.segments[0].create()
        self.replay.producers.clear()
        self.end_offset = start_offset

    def recover(self, recovery_point: int) -> None:
        """What lies behind the recovery point is scanned, and cut at the first bad batch; later segments go."""
        first = max((n for n, segment in enumerate(self.segments) if segment.base_offset <= recovery_point), default=0)
        self._check_indexes_of_sealed(first)
        start = self._known_good(self.segments[first], recovery_point)
        self.replay.load(self.end_offset)
        for number in range(first, len(self.segments)):
            segment = self.segments[number]
            if number > first:
                if not self._may_begin_at(segment.base_offset):
                    self._forget_from(number)
                    break
                self.end_offset, start = segment.base_offset, 0
                segment.measure()
                segment.reset_indexes()
                segment.aborted.clear()
            cut = self._scan(segment, start)
            if number < len(self.segments) - 1:
                segment.seal()
            if cut:
                self._forget_from(number + 1)
                break

    def _forget_from(self, number: int) -> None:
        for segment in self.segments[number:]:
            _log.warning(
                "segment lost: partition=%s start_offset=%d why=it lies behind the first bad batch",
                self.directory.name,
                segment.base_offset,
            )
            segment.delete()
        del self.segments[number:]

    def _check_indexes_of_sealed(self, count: int) -> None:
        """Every index of the first `count` segments makes sense, or is built again."""
        for segment in self.segments[:count]:
            if not (self._indexes_load(segment, sealed=True) and self._indexes_fit(segment)):
                _log.warning(
                    "indexes rebuilt: partition=%s segment=%d why=they are missing or damaged",
                    self.directory.name,
                    segment.base_offset,
                )
                segment.reset_indexes()
                try:
                    for position, header in segment.headers():
                        self._index(segment, position, header)
                except BrokenBatch as fault:
                    _log.error("%s: what lies behind cannot be read: %s", self.directory, fault)
                segment.seal()
            if not segment.aborted.load():
                self.replay.find_aborted(segment)

    def _indexes_load(self, segment: Segment, *, sealed: bool = False) -> bool:
        sane = segment.offset_index.load() & segment.time_index.load()
        segment.recall_max_timestamp()
        if segment.time_index.last is None and segment.size and (sealed or segment.offset_index.last):
            sane = sane and segment.first_timestamp() < 0  # without timestamps there is nothing to index
        return sane

    def _indexes_fit(self, segment: Segment) -> bool:
        last = segment.offset_index.last
        return last is None or last[1] < segment.size

    def _walk(self, segment: Segment, until: int | None = None) -> tuple[int, int]:
        """(end offset, its position), from the last index entry to `until` or the end; also the largest timestamp."""
        last = segment.offset_index.last
        end, offset = last[1] if last else 0, segment.base_offset
        for position, header in segment.headers(end):
            end, offset = position + header.size, header.last_offset + 1
            if header.max_timestamp > segment.max_timestamp:
                segment.max_timestamp, segment.max_timestamp_offset = header.max_timestamp, header.last_offset
            if until is not None and offset >= until:
                break
        segment.resume(end)
        return offset, end

    def _known_good(self, segment: Segment, recovery_point: int) -> int:
        """The position in `segment` where the recovery point lies; indexes, end offset and timestamps stand there."""
        segment.measure()
        try:
            if recovery_point > segment.base_offset and self._indexes_load(segment) and segment.aborted.load():
                relative = recovery_point - 1 - segment.base_offset
                segment.offset_index.keep(segment.offset_index.count_up_to(relative))
                segment.time_index.keep(segment.time_index.count_up_to(relative, by=1))
                segment.recall_max_timestamp()
                segment.aborted.keep_below(recovery_point)
                self.end_offset, position = self._walk(segment, recovery_point)
                if self.end_offset == recovery_point:
                    return position
        except BrokenBatch as fault:
            _log.warning("%s: what was known good is not, scanning all of the segment: %s", self.directory, fault)
        segment.reset_indexes()
        segment.aborted.clear()
        self.end_offset = segment.base_offset
        return 0

    def _scan(self, segment: Segment, start: int) -> bool:
        """Batches from `start` on are good, and indexed, or cut away; whether something was cut."""
        size = segment.size
        self.scanned_bytes += size - start
        interval = self.config.index_interval_bytes
        for position, header in whole_batches(segment, start):  # there may be millions of them
            if header.base_offset != self.end_offset and not self._may_begin_at(header.base_offset):
                break
            nbytes, last_offset = header.size, header.last_offset
            segment.indexed(position, nbytes, last_offset, header.max_timestamp, interval)
            if header.producer_id != NO_PRODUCER_ID:
                self.replay.batch(segment, position, header, note_aborted=True)
            if header.partition_leader_epoch > self.epochs.latest:
                self.epochs.assign(header.partition_leader_epoch, header.base_offset)
            self.end_offset = last_offset + 1
            start = position + nbytes
        if start == size:
            return False
        if self.end_offset < self.known_good:
            raise StorageError(
                f"{segment.path} is damaged at byte {start}, at offset {self.end_offset}, and all up to offset "
                f"{self.known_good} was on disk; restore it from a copy, or give up what lies behind: "
                f"truncate -s {start} {segment.path}"
            )
        _log.warning(
            "log cut: partition=%s file=%s position=%d bytes=%d end_offset=%d why=no whole batch begins there",
            self.directory.name,
            segment.path,
            start,
            size - start,
            self.end_offset,
        )
        segment.truncate(start)
        return True

    def _may_begin_at(self, offset: int) -> bool:
        """No CRC covers a batch's base offset.  Offsets have gaps only where compaction left some."""
        return offset == self.end_offset or (offset > self.end_offset and self.has_gaps)

    def _index(self, segment: Segment, position: int, header: Header) -> None:
        segment.indexed(
            position, header.size, header.last_offset, header.max_timestamp, self.config.index_interval_bytes
        )


def whole_batches(segment: Segment, position: int) -> Iterator[tuple[int, Header]]:
    """Batches from `position` on whose length, magic and CRC hold; ends before the first that fails, or at the end."""
    file, end = segment.file, segment.size
    block, start = memoryview(b""), position
    while position + HEADER_SIZE <= end:
        if position + HEADER_SIZE > start + len(block):
            block, start = memoryview(file.read_at(position, min(_SCAN_BYTES, end - position))), position
        header = read_header(block, position - start)
        size = header.batch_length + LENGTH_END
        if header.magic != MAGIC or not HEADER_SIZE <= size <= end - position or header.last_offset_delta < 0:
            return
        if position + size > start + len(block) and size <= _SCAN_BYTES:
            block, start = memoryview(file.read_at(position, min(_SCAN_BYTES, end - position))), position
        if position + size <= start + len(block):
            crc = crc32c(block[position - start + CRC_START : position - start + size])
        else:
            crc = _crc_in_pieces(segment, position + CRC_START, position + size)
        if crc != header.crc:
            return
        yield position, header
        position += size


def _crc_in_pieces(segment: Segment, start: int, end: int) -> int:
    crc = 0
    for position in range(start, end, _SCAN_BYTES):
        crc = crc32c(segment.file.read_at(position, min(_SCAN_BYTES, end - position)), crc)
    return crc
