"""A compaction at work: the latest offset of each key is noted, then the segments are written anew without the rest.

It only reads the log's files and writes files of its own, `.cleaned`, so it may run in any thread while clients are
served; swapping.py puts them in the place of the old ones.  Offsets stay: a batch keeps its first and last one
whatever it loses.  Source: Kafka's Cleaner and MemoryRecords.filterTo.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pykbroker_protocol.errors import Refused
from pykbroker_protocol.records.batch import (
    COMPRESSION_MASK,
    CONTROL,
    CRC_START,
    DELETE_HORIZON,
    HEADER_SIZE,
    LENGTH_END,
    LOG_APPEND_TIME,
    NO_PRODUCER_ID,
    NO_TIMESTAMP,
    TRANSACTIONAL,
)

from . import compression
from .batch import HEADER, Header, with_crc
from .checksum import crc32c
from .cleaned_transactions import CleanedTransactions, markers_since
from .compaction import Piece, Work
from .files import Descriptors, sync_directory, sync_file
from .latest import latest_offsets
from .names import CLEANED_SUFFIX
from .records import Record, encode_records, records_of
from .segment import BrokenBatch, Segment

_OPEN_FILES = 4
_MOST_OFFSETS = 2**31 - 1  # within one segment: an index counts them in 32 bits


class Stopped(Exception):
    """Nobody wants the result any more."""


class Group(NamedTuple):
    """Segments, and the one that takes their place."""

    replaced: list[Piece]
    size: int
    batches: int


class Compacted(NamedTuple):
    """What is ready to be put in place; everything before `end_offset` is clean then."""

    groups: list[Group]
    end_offset: int
    bytes_before: int
    bytes_after: int


class Compaction:
    """One run over one log."""

    def __init__(self, work: Work, *, most_bytes: int, pace: Callable[[int], None] = lambda nbytes: None) -> None:
        """
        most_bytes: what the map of keys may take; what does not fit is left for the next run.
        pace: is told of the bytes that were read or written, and may sleep.
        """
        self._work = work
        self._most_bytes = most_bytes
        self._pace = pace
        self._offsets = latest_offsets()
        self.stopped = False

    def run(self) -> Compacted:
        """
        Raises:
            Stopped: `stopped` was set.
            OSError, BrokenBatch, ValueError: the log cannot be read, or nothing be written.
        """
        end_offset = self._note_keys()
        pieces = [piece for piece in self._work.pieces if piece.base_offset < end_offset]
        transactions = CleanedTransactions(markers_since(self._work.aborted, pieces[0].base_offset))
        groups = [self._write(group, transactions) for group in self._grouped(pieces)]
        sync_directory(self._work.directory)
        before, after = sum(piece.size for piece in pieces), sum(group.size for group in groups)
        return Compacted(groups, end_offset, before, after)

    def _segment(self, piece: Piece) -> Segment:
        """A segment of our own to read from: the log's is not ours to touch, and may have gone."""
        segment = Segment(self._work.directory, piece.base_offset, Descriptors(_OPEN_FILES))
        segment.open_for_reading()
        segment.size = piece.size
        return segment

    def _batches(self, piece: Piece) -> Iterator[tuple[Header, bytes]]:
        segment = self._segment(piece)
        for position, header in segment.headers():
            if self.stopped:
                raise Stopped
            self._pace(header.size)
            batch = segment.read(position, header)
            if crc32c(memoryview(batch)[CRC_START:]) != header.crc:  # not to be written anew with a right one
                raise BrokenBatch(segment.path, position, "the batch's CRC is not right")
            yield header, batch

    def _note_keys(self) -> int:
        """The latest offset of each dirty key is known up to the offset that is returned, where a segment begins."""
        ends = [piece.base_offset for piece in self._work.pieces[1:]] + [self._work.end_offset]
        done = self._work.first_dirty_offset
        dirty = [(piece, end) for piece, end in zip(self._work.pieces, ends, strict=True) if end > done]
        transactions = CleanedTransactions(markers_since(self._work.aborted, dirty[0][0].base_offset))
        for piece, end in dirty:
            for header, batch in self._batches(piece):
                if header.is_control:
                    transactions.ends(header, batch)
                    continue
                if transactions.goes(header):
                    continue
                self._offsets.note(_plain(batch, header), header.records_count, header.base_offset)
                if self._offsets.used_bytes > self._most_bytes and done > self._work.first_dirty_offset:
                    # This segment is for the next run, and keys that are in it too; one segment is always done.
                    self._offsets.forget_from(done)
                    return done
            done = end
        return done

    def _grouped(self, pieces: list[Piece]) -> Iterator[list[Piece]]:
        """Neighbours that fit into one segment, by what they have now."""
        size = 0
        group: list[Piece] = []
        ends = [*(piece.base_offset for piece in self._work.pieces[1 : len(pieces)]), self._work.end_offset]
        for piece, end in zip(pieces, ends, strict=True):
            too_far = bool(group) and size and end - 1 - group[0].base_offset > _MOST_OFFSETS
            if group and (size + piece.size > self._work.config.segment_bytes or too_far):
                yield group
                group, size = [], 0
            group.append(piece)
            size += piece.size
        if group:
            yield group

    def _write(self, group: list[Piece], transactions: CleanedTransactions) -> Group:
        segment = Segment(self._work.directory, group[0].base_offset, Descriptors(_OPEN_FILES), suffix=CLEANED_SUFFIX)
        segment.delete()
        segment.create()
        batches = 0
        for piece in group:
            for header, batch in self._batches(piece):
                if header.is_control:
                    is_last, aborted = transactions.ends(header, batch)
                    if aborted is not None:
                        segment.aborted.add(aborted)
                    written = self._marker(header, batch, is_last)
                elif transactions.goes(header):
                    written = self._emptied(header)
                else:
                    written = self._retained(header, batch)
                if written is None:
                    continue
                head, content = written
                interval = self._work.config.index_interval_bytes
                segment.append([content], len(content), head.last_offset, head.max_timestamp, interval)
                self._pace(len(content))
                batches += 1
        segment.seal()
        segment.release()
        for path in segment.paths():
            sync_file(path)
        # Where no record has a timestamp, retention goes by when it was written.
        written_ns = os.stat(self._segment(group[-1]).file.fileno()).st_mtime_ns
        os.utime(segment.path, ns=(written_ns, written_ns))
        return Group(group, segment.size, batches)

    def _retained(self, header: Header, batch: bytes) -> tuple[Header, bytes | memoryview] | None:
        """What stays of a batch; None if nothing does."""
        if not header.records_count:  # it is there for what its header says
            return self._emptied(header)
        expired = header.attributes & DELETE_HORIZON and self._work.timestamp >= header.base_timestamp
        plain = _plain(batch, header)
        body, count, largest, tombstones = self._offsets.kept(
            plain, header.records_count, header.base_offset, header.base_timestamp, not expired
        )
        horizon = tombstones and not header.attributes & DELETE_HORIZON
        if body is None and not horizon:
            return header, batch
        if not count:
            return self._emptied(header)
        if not header.has_append_time:
            header = header._replace(max_timestamp=largest)
        if not horizon:
            return _packed(header._replace(records_count=count), body or b"")
        return self._with_horizon(header._replace(records_count=count), plain if body is None else body)

    def _marker(self, header: Header, batch: bytes, is_last: bool) -> tuple[Header, bytes | memoryview] | None:
        """What stays of a control batch; `is_last`: of the transaction that it ended nothing else is left."""
        has_horizon = header.attributes & DELETE_HORIZON
        if not header.records_count or (is_last and has_horizon and self._work.timestamp >= header.base_timestamp):
            return self._emptied(header)
        if not is_last or has_horizon:
            return header, batch
        return self._with_horizon(header, batch[HEADER_SIZE:])

    def _with_horizon(self, header: Header, plain: bytes | memoryview) -> tuple[Header, bytes]:
        """Its base timestamp says from now on until when its tombstones stay, or the marker that it is."""
        until = self._work.timestamp + self._work.config.delete_retention_ms
        records = _records(header, plain)
        header = header._replace(base_timestamp=until, attributes=header.attributes | DELETE_HORIZON)
        return _packed(header, encode_records(records, until, base_offset=header.base_offset))

    def _emptied(self, header: Header) -> tuple[Header, bytes] | None:
        """The batch without its records if its header has to stay: as the newest of its producer, which would be
        forgotten and refused its next one; or as the last of what is compacted, which says where that ends."""
        if not self._is_newest(header) and header.last_offset != self._work.end_offset - 1:
            return None
        attributes = header.attributes & (LOG_APPEND_TIME | TRANSACTIONAL | CONTROL)
        return _packed(header._replace(records_count=0, attributes=attributes, base_timestamp=NO_TIMESTAMP), b"")

    def _is_newest(self, header: Header) -> bool:
        newest = self._work.newest.get(header.producer_id)
        if header.producer_id == NO_PRODUCER_ID or newest is None:
            return False
        if newest.last_offset < 0:
            return header.is_control and header.producer_epoch == newest.producer_epoch
        return header.last_offset == newest.last_offset


def _plain(batch: bytes, header: Header) -> bytes | memoryview:
    try:
        return compression.decompress(header.compression, memoryview(batch)[HEADER_SIZE:])
    except Refused as fault:
        raise ValueError(f"the batch at offset {header.base_offset} is damaged: {fault.why}") from fault


def _records(header: Header, plain: bytes | memoryview) -> list[Record]:
    """The records of an uncompressed body that belongs to `header`."""
    size = HEADER_SIZE + len(plain) - LENGTH_END
    bare = header._replace(attributes=header.attributes & ~COMPRESSION_MASK, batch_length=size)
    try:
        return list(records_of(HEADER.pack(*bare) + plain, bare))
    except Refused as fault:
        raise ValueError(f"the batch at offset {header.base_offset} is damaged: {fault.why}") from fault


def _packed(header: Header, body: bytes | memoryview) -> tuple[Header, bytes]:
    packed = compression.compress(header.compression, body) if body else b""
    header = with_crc(header._replace(batch_length=HEADER_SIZE - LENGTH_END + len(packed)), packed)
    return header, HEADER.pack(*header) + packed
