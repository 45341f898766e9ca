"""Records by their time: the time index names the place, and one batch is decoded to be exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .records import records_of
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
            if header.max_timestamp < timestamp:
                continue
            for record in records_of(segment.read(position, header), header):
                if record.timestamp >= timestamp and record.offset >= start_offset:
                    return Found(record.timestamp, record.offset, header.partition_leader_epoch)
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
            for record in records_of(segment.read(position, header), header):
                if record.timestamp == header.max_timestamp:
                    return Found(record.timestamp, record.offset, header.partition_leader_epoch)
    return None
