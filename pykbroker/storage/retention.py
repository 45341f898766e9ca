"""Which segments of a log are past its topic's retention: always the oldest, and nothing above the high watermark.

Pure: the time comes in as an argument.  Source: Kafka's UnifiedLog.deleteOldSegments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pykbroker.config.topic import LogConfig

NEVER = 2**63 - 1


class Kept(Protocol):
    """What decides about a segment."""

    @property
    def base_offset(self) -> int: ...

    @property
    def size(self) -> int: ...

    def largest_timestamp(self) -> int:
        """Of its records; when it was last written if they have none."""


def deletes(config: LogConfig) -> bool:
    """Whether there is a retention at all."""
    return "delete" in config.cleanup_policy and (config.retention_ms >= 0 or config.retention_bytes >= 0)


def due(config: LogConfig, largest_timestamp: int) -> int:
    """The first timestamp at which retention.ms lets go of a segment."""
    return largest_timestamp + config.retention_ms + 1 if config.retention_ms >= 0 else NEVER


def expired(
    segments: Sequence[Kept],
    config: LogConfig,
    *,
    log_start_offset: int,
    log_end_offset: int,
    high_watermark: int,
    timestamp: int,
) -> int:
    """How many segments, from the first on, nobody can reach or retention lets go of.

    The active segment, which is the last, is let go of like any other, but not if it is empty.
    """
    count = 0
    while count + 1 < len(segments) and segments[count + 1].base_offset <= log_start_offset:
        count += 1
    if deletes(config):
        if config.retention_bytes >= 0:
            count += _past_size(segments[count:], config.retention_bytes)
        while count < len(segments) and timestamp >= due(config, segments[count].largest_timestamp()):
            count += 1
    while count and (segments[count].base_offset if count < len(segments) else log_end_offset) > high_watermark:
        count -= 1
    if count == len(segments) and not segments[-1].size:
        count -= 1
    return count


def _past_size(segments: Sequence[Kept], retention_bytes: int) -> int:
    """A segment goes only if at least `retention_bytes` are left without it."""
    excess = sum(segment.size for segment in segments) - retention_bytes
    count = 0
    while count < len(segments) and segments[count].size <= excess:
        excess -= segments[count].size
        count += 1
    return count
