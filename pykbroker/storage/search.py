"""Records by their time: the time index names the place, and one batch is decoded to be exact.

Only one, whatever producers wrote: a batch that does not keep what its header promises, or is too much to decode, is
taken by its header.  So the answer is never later than the record that was asked for, and never expensive.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pykbroker_protocol.errors import Refused

from .batch import Header
from .records import MOST_RECORDS, records_of
from .segment import Segment


class Found(NamedTuple):
    timestamp: int
    offset: int
    leader_epoch: int


def first_at_or_after(segments: Sequence[Segment], timestamp: int, start_offset: int) -> Found | None:
    """The first record from `start_offset` on that is not before `timestamp`.

    Source: ListOffsets by timestamp; Kafka's LogSegment.findOffsetByTimestamp.
    """
    for segment in segments:
        if segment.max_timestamp < timestamp:
            continue
        entry = segment.time_index.floor(timestamp)
        at_least = max(segment.base_offset + entry[1] if entry else segment.base_offset, start_offset)
        for position, header in segment.headers(segment.floor_position(at_least)):
            if header.max_timestamp < timestamp or header.last_offset < start_offset:
                continue
            found = _within(segment, position, header, timestamp, start_offset)
            if found is not None:
                return found
            if header.base_offset >= start_offset:
                return Found(header.max_timestamp, header.base_offset, header.partition_leader_epoch)
    return None


def latest(segments: Sequence[Segment]) -> Found | None:
    """The first record with the largest timestamp of all, or None if no record has one.

    Source: ListOffsets MAX_TIMESTAMP, KIP-734.
    """
    segment = max(segments, key=lambda each: each.max_timestamp)
    if segment.max_timestamp < 0:
        return None
    for position, header in segment.headers(segment.floor_position(segment.max_timestamp_offset)):
        if header.max_timestamp == segment.max_timestamp:
            found = _within(segment, position, header, header.max_timestamp, header.base_offset)
            return found or Found(header.max_timestamp, header.base_offset, header.partition_leader_epoch)
    return None


def _within(segment: Segment, position: int, header: Header, timestamp: int, start_offset: int) -> Found | None:
    """The first record of one batch from `start_offset` on that is not before `timestamp`."""
    if header.records_count > MOST_RECORDS:
        return None
    try:
        for record in records_of(segment.read(position, header), header):
            if record.timestamp >= timestamp and start_offset <= record.offset <= header.last_offset:
                return Found(record.timestamp, record.offset, header.partition_leader_epoch)
    except Refused:
        return None  # its records are not what its header says; clients that fetch it will find out
    return None
