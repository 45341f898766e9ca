"""The producers of a log as its files tell them: the newest snapshot of them, and the batches that are behind it.

No record is decoded, but those of control batches.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from pykbroker_protocol.records.batch import NO_PRODUCER_ID

from .batch import Header
from .markers import marker_in
from .producers import Producers
from .records import records_of
from .segment import BrokenBatch, Segment
from .snapshots import read_snapshot, snapshot_offsets, snapshot_path

_log = logging.getLogger(__name__)
_RECALLED_ENTRIES = 64  # index entries walked back: as many large batches, or 256 KB of small ones


class Replay:
    """What the batches of a log did to its producers and to the indexes of its aborted transactions, done again."""

    def __init__(self, directory: Path, segments: list[Segment], producers: Producers) -> None:
        """`segments` may lose its last ones later."""
        self.directory = directory
        self.segments = segments
        self.producers = producers

    def load(self, end: int, *, empty_without_snapshot: bool = False) -> None:
        """The producers are those of the log at `end`: the newest snapshot up to there, and the headers behind it."""
        self.producers.clear()
        since = self.segments[0].base_offset
        for offset in reversed([offset for offset in snapshot_offsets(self.directory) if offset <= end]):
            path = snapshot_path(self.directory, offset)
            try:
                self.producers.load(read_snapshot(path))
            except ValueError as fault:
                _log.warning("%s: not usable, an older one will do: %s", path, fault)
                path.unlink()
                continue
            since = offset
            break
        else:
            if empty_without_snapshot:
                return
        try:
            self._recall_batches(since)
            for segment, following in zip(self.segments, [*self.segments[1:], None], strict=True):
                if segment.base_offset < end and (following is None or following.base_offset > since):
                    self._replay_headers(segment, since, end)
        except BrokenBatch as fault:
            _log.error("%s: retries of what was written before may be doubled: %s", self.directory, fault)

    def batch(self, segment: Segment, position: int, header: Header, *, note_aborted: bool = False) -> None:
        """The producers know of the batch; the transaction index, too, if it is being built."""
        if header.producer_id == NO_PRODUCER_ID:
            return
        if not header.is_control:
            self.producers.wrote(header, header.base_offset, header.max_timestamp)
            return
        for record in records_of(segment.read(position, header), header):
            marker = marker_in(header, record)
            if marker is not None:
                aborted = self.producers.ended_transaction(marker, header.base_offset, record.timestamp)
                if aborted is not None and note_aborted:
                    segment.aborted.add(aborted)

    def find_aborted(self, segment: Segment) -> None:
        """The transaction index of a sealed segment is built again, which takes the producers at its beginning."""
        _log.warning(
            "%s: the transaction index of segment %d is damaged, rebuilding", self.directory, segment.base_offset
        )
        segment.aborted.clear()
        self.load(segment.base_offset)
        try:
            for position, header in segment.headers():
                self.batch(segment, position, header, note_aborted=True)
        except BrokenBatch as fault:
            _log.error("%s: aborted transactions that lie behind are not known: %s", self.directory, fault)
        segment.aborted.write()

    def _replay_headers(self, segment: Segment, since: int, end: int) -> None:
        for position, header in _headers_below(end, segment, segment.floor_position(since)):
            if header.base_offset >= since:
                self.batch(segment, position, header)

    def _recall_batches(self, end: int) -> None:
        """A snapshot keeps one batch of each producer, but any of five may be retried: the log has the others."""
        if not len(self.producers):
            return
        wanted, places = _RECALLED_ENTRIES, []
        for segment in reversed([segment for segment in self.segments if segment.base_offset < end]):
            entries = segment.offset_index.count_up_to(end - 1 - segment.base_offset)
            places.append((segment, segment.offset_index.entry(entries - wanted)[1] if entries > wanted else 0))
            wanted -= entries + 1
            if wanted <= 0:
                break
        for segment, start in reversed(places):
            for _, header in _headers_below(end, segment, start):
                if header.producer_id != NO_PRODUCER_ID and not header.is_control:
                    self.producers.recall(header)


def _headers_below(end: int, segment: Segment, position: int) -> Iterator[tuple[int, Header]]:
    """Batches from `position` on that end before `end`; what stands there is not looked at, it may be torn."""
    for found in segment.headers(position):
        yield found
        if found[1].last_offset + 1 >= end:
            return
