"""One segment of a log: a file of batches and its indexes.

A batch is found by its offset with one look-up and a walk over at most one index interval.
"""

from __future__ import annotations

import errno
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pykbroker_protocol.records.batch import HEADER_SIZE, LENGTH_END, MAGIC, MAGIC_AT, NO_TIMESTAMP

from pykbroker.config.topic import LogConfig

from .aborted import AbortedIndex
from .batch import Header, read_header
from .files import Descriptors, File
from .index import offset_index, time_index
from .names import INDEX, LOG, SEGMENT_SUFFIXES, TIME_INDEX, TRANSACTION_INDEX, offset_file
from .slice import FileSlice

_HEADERS_AT_ONCE = 8192  # bytes read to walk over headers: two index intervals
_SPAN = struct.Struct(">qi11xi")  # base_offset, batch_length, last_offset_delta: all that a search needs of a header
_MAX_RELATIVE_OFFSET = 2**31 - 1
_LARGEST_SPAN_MS = 2**62  # no time is further away; a timestamp and this fit into 64 bits together


class BrokenBatch(Exception):
    """Bytes where a batch should begin are no batch's header."""

    def __init__(self, path: str, position: int, why: str) -> None:
        super().__init__(f"{path} at byte {position}: {why}")
        self.position = position


class Bounds(NamedTuple):
    """What a topic asks of a batch, if it asks for nothing unusual: see usual.py."""

    max_message_bytes: int
    timestamp_before_max_ms: int
    timestamp_after_max_ms: int


class Room(NamedTuple):
    """What a segment takes, with this config, before it has to be looked at again, at the latest for a roll.

    `_usual.c` reads these fields, and those of Bounds, by their places.
    """

    config: LogConfig
    bytes: int
    last_offset: int
    until_ms: int
    index_interval_bytes: int
    bounds: Bounds | None


class Segment:
    """Batches from `base_offset` on.  Its file is opened when first needed and may be closed at any time."""

    __slots__ = (
        "_bytes_since_index",
        "_descriptors",
        "_file",
        "_first_timestamp",
        "_room",
        "_stem",
        "_suffix",
        "aborted",
        "base_offset",
        "created_ms",
        "max_timestamp",
        "max_timestamp_offset",
        "offset_index",
        "size",
        "time_index",
    )

    def __init__(self, directory: Path, base_offset: int, descriptors: Descriptors, *, suffix: str = "") -> None:
        """`suffix` of the files' names, while they are not part of the log."""
        self.base_offset = base_offset
        self._suffix = suffix
        self._stem = stem = os.fspath(directory / offset_file(base_offset, ""))
        self._descriptors = descriptors
        self._file: File | None = None
        self.offset_index = offset_index(stem, INDEX + suffix)
        self.time_index = time_index(stem, TIME_INDEX + suffix)
        self.aborted = AbortedIndex(stem, TRANSACTION_INDEX + suffix, base_offset)
        self.size = 0
        self.max_timestamp = NO_TIMESTAMP
        self.max_timestamp_offset = base_offset  # last offset of the first batch that has it
        self.created_ms = -1  # set by the first append: only a segment without timestamps asks for it
        self._first_timestamp: int | None = None
        self._room: Room | None = None
        self._bytes_since_index = 0

    @property
    def path(self) -> str:
        return self._stem + LOG + self._suffix

    @property
    def directory(self) -> Path:
        return Path(self.path).parent

    @property
    def file(self) -> File:
        file = self._file
        if file is None:
            file = File(self.path, append=True)
            if (found := file.size()) < self.size:
                raise OSError(errno.EIO, f"it has {found} bytes and should have {self.size}", self.path)
            self._file = file
            self._descriptors.opened(self)
        return file

    @property
    def is_open(self) -> bool:
        return self._file is not None

    def open_for_reading(self) -> None:
        """Its file is open, and nothing can be written to it.

        Raises:
            FileNotFoundError: there is none; none is made.
        """
        self._file = File(self.path)
        self._descriptors.opened(self)

    def release(self) -> None:
        """The descriptor closes as soon as no slice holds it."""
        self._file = None

    def create(self) -> None:
        """The segment's three files exist, empty."""
        File(self.path, append=True, create=True)
        self.write_indexes()

    def measure(self) -> None:
        self.size = os.path.getsize(self.path)

    def has_room_for(self, last_offset: int, index_bytes: int) -> bool:
        """Whether `last_offset` can be written relative to the base, and both indexes can take one entry and a last."""
        return (
            last_offset - self.base_offset <= _MAX_RELATIVE_OFFSET
            and len(self.offset_index) < index_bytes // 8
            and len(self.time_index) < index_bytes // 12 - 1
        )

    def room(self, config: LogConfig) -> Room:
        """What can be appended without `has_room_for` and `waited_ms` being asked; of a segment that is not empty."""
        room = self._room
        if room is None or room.config is not config:
            # An entry of an index comes with more than an interval of bytes.
            entries = config.segment_index_bytes // 12 - 2 - max(len(self.offset_index), len(self.time_index))
            nbytes = min(config.segment_bytes, self.size + entries * config.index_interval_bytes)
            first_ms = self.first_timestamp()
            # Where rolls are spread, or no time is known, each append is looked at.
            until_ms = -1 if config.segment_jitter_ms or first_ms < 0 else first_ms + config.roll_ms
            last_offset, interval = self.base_offset + _MAX_RELATIVE_OFFSET, config.index_interval_bytes
            room = self._room = Room(config, nbytes, last_offset, until_ms, interval, bounds(config))
        return room

    def waited_ms(self, timestamp: int, max_timestamp: int) -> int:
        """How long the segment has waited for its roll: by the clock of its records if they have one."""
        first = self.first_timestamp()
        return max_timestamp - first if first >= 0 else timestamp - self.created_ms

    def jitter_ms(self, at_most_ms: int, roll_ms: int) -> int:
        """Spreads rolls of partitions that began together; the same for a segment whenever it is asked."""
        jitter = min(at_most_ms, roll_ms)
        return zlib.crc32(self.path.encode()) % jitter if jitter else 0

    def first_timestamp(self) -> int:
        if self._first_timestamp is None:
            head = self.file.read_at(0, HEADER_SIZE)
            self._first_timestamp = read_header(head).max_timestamp if len(head) == HEADER_SIZE else NO_TIMESTAMP
        return self._first_timestamp

    def largest_timestamp(self) -> int:
        """Of its records; when it was last written if they have none."""
        return self.max_timestamp if self.max_timestamp >= 0 else last_written_ms(self.path)

    def append(
        self, pieces: list[bytes | memoryview], size: int, last_offset: int, max_timestamp: int, interval: int
    ) -> None:
        """The batch stands at the end, or nothing changed.

        Raises:
            OSError: it could not be written.
        """
        position = self.size
        self.file.append(pieces, position)
        self.size = position + size
        if not position:
            self._first_timestamp = max_timestamp
        self.indexed(position, size, last_offset, max_timestamp, interval)

    def indexed(self, position: int, size: int, last_offset: int, max_timestamp: int, interval: int) -> None:
        """The indexes know of the batch at `position`: with an entry if `interval` bytes before it have none."""
        if max_timestamp > self.max_timestamp:
            self.max_timestamp, self.max_timestamp_offset = max_timestamp, last_offset
        if self._bytes_since_index > interval:
            self.offset_index.append(last_offset - self.base_offset, position)
            self._index_time()
            self._bytes_since_index = 0
        self._bytes_since_index += size

    def _index_time(self) -> None:
        last = self.time_index.last
        if self.max_timestamp > (last[0] if last else NO_TIMESTAMP):
            self.time_index.append(self.max_timestamp, self.max_timestamp_offset - self.base_offset)

    def seal(self) -> None:
        """The indexes are whole in their files, the largest timestamp included: it decides when the segment may go."""
        self._index_time()
        self.write_indexes()

    def write_indexes(self) -> None:
        """What the indexes know is in their files, in the page cache at least."""
        self.offset_index.write()
        self.time_index.write()
        self.aborted.write()

    def reset_indexes(self) -> None:
        """Those that are built from headers alone: the index of aborted transactions takes the producers too."""
        self.offset_index.clear()
        self.time_index.clear()
        self.max_timestamp, self.max_timestamp_offset = NO_TIMESTAMP, self.base_offset
        self._bytes_since_index = 0

    def recall_max_timestamp(self) -> None:
        """As far as the time index knows; batches behind the last entry of the offset index may be later."""
        last = self.time_index.last
        self.max_timestamp, self.max_timestamp_offset = NO_TIMESTAMP, self.base_offset
        if last:
            self.max_timestamp, self.max_timestamp_offset = last[0], self.base_offset + last[1]

    def floor_position(self, offset: int) -> int:
        """Where the walk for `offset` begins."""
        entry = self.offset_index.floor(offset - self.base_offset)
        return entry[1] if entry else 0

    def find(self, offset: int) -> tuple[int, int] | None:
        """Position and size of the first batch that ends at or after `offset`.

        Raises:
            BrokenBatch: a batch on the way is none.
        """
        position = self.floor_position(offset)
        while position < self.size:
            block, at = self.file.read_at(position, min(_HEADERS_AT_ONCE, self.size - position)), 0
            while at + HEADER_SIZE <= len(block):
                base_offset, batch_length, last_offset_delta = _SPAN.unpack_from(block, at)
                if batch_length < HEADER_SIZE - LENGTH_END or batch_length > self.size - position - at - LENGTH_END:
                    raise BrokenBatch(self.path, position + at, f"no record batch has {batch_length} bytes")
                if base_offset + last_offset_delta >= offset:
                    if block[at + MAGIC_AT] != MAGIC or last_offset_delta < 0:
                        raise BrokenBatch(self.path, position + at, f"no record batch: {read_header(block, at)}")
                    return position + at, batch_length + LENGTH_END
                at += batch_length + LENGTH_END
            if not at:
                raise BrokenBatch(self.path, position, f"{len(block)} bytes are shorter than a batch's header")
            position += at
        return None

    def headers(self, position: int = 0, end: int | None = None) -> Iterator[tuple[int, Header]]:
        """Every batch from `position` on, by its header; records are not read.

        Raises:
            BrokenBatch: the bytes are no batch, or one that ends behind `end`.
        """
        end = self.size if end is None else end
        block, start = b"", position
        while position < end:
            if position + HEADER_SIZE > start + len(block):
                block, start = self.file.read_at(position, min(_HEADERS_AT_ONCE, end - position)), position
                if len(block) < HEADER_SIZE:
                    raise BrokenBatch(self.path, position, f"{len(block)} bytes are shorter than a batch's header")
            header = read_header(block, position - start)
            if (
                header.magic != MAGIC
                or not HEADER_SIZE <= header.size <= end - position
                or header.last_offset_delta < 0
            ):
                raise BrokenBatch(self.path, position, f"no record batch: {header}")
            yield position, header
            position += header.size

    def read(self, position: int, header: Header) -> bytes:
        return self.file.read_at(position, header.batch_length + LENGTH_END)

    def truncate(self, size: int) -> None:
        self.file.truncate(size)
        self.size = size

    def resume(self, position: int) -> None:
        """Indexing goes on after the batches that the indexes know of end at `position`."""
        last = self.offset_index.last
        self._bytes_since_index = position - (last[1] if last else 0)

    def upper_offset(self, position: int) -> int | None:
        """The offset of the first index entry at `position` or behind it; None if there is none.

        Source: Kafka's OffsetIndex.fetchUpperBoundOffset.
        """
        number = self.offset_index.count_up_to(position - 1, by=1)
        return self.base_offset + self.offset_index.entry(number)[0] if number < len(self.offset_index) else None

    def holds(self, found: FileSlice) -> bool:
        """Whether that slice, just read, is of this segment."""
        return self._file is found.file

    def paths(self) -> list[Path]:
        return [self.directory / (offset_file(self.base_offset, kind) + self._suffix) for kind in SEGMENT_SUFFIXES]

    def delete(self) -> None:
        self.release()
        for path in self.paths():
            path.unlink(missing_ok=True)


def bounds(config: LogConfig) -> Bounds | None:
    """None where a batch may have to be written anew, or looked at for keys."""
    if (
        config.compression_type != "producer"
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


def last_written_ms(path: str | os.PathLike[str]) -> int:
    return os.stat(path).st_mtime_ns // 1_000_000
