"""When a partition that is not open will have something to delete, told without opening its log."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pykbroker.config.topic import LogConfig

from .index import time_index
from .names import LEFTOVER_SUFFIXES, LOG, TIME_INDEX, offset_file, offset_of
from .retention import NEVER, Kept, due
from .segment import last_written_ms

AT_ONCE = 0


def due_at_rest(segments: Sequence[Kept], config: LogConfig) -> int:
    """As `due_on_disk`, of a log that is being closed: its segments tell it."""
    sizes = [segment.size for segment in segments]
    if not any(sizes):
        return NEVER
    if 0 <= config.retention_bytes <= sum(sizes) - sizes[0]:
        return AT_ONCE
    return due(config, segments[0].largest_timestamp())


def due_on_disk(directory: Path, config: LogConfig) -> int:
    """The timestamp from which on the log is worth opening: it may be early, then the log knows better.

    Nothing is written to a log that is not open, so the answer holds until the topic's config changes.
    """
    try:
        sizes: dict[int, int] = {}
        with os.scandir(directory) as entries:
            for entry in entries:
                if entry.name.endswith(LEFTOVER_SUFFIXES):
                    return AT_ONCE  # opening the log removes them
                if entry.name.endswith(LOG):
                    sizes[offset_of(entry.name)] = entry.stat().st_size
        if not any(sizes.values()):
            return NEVER
        first = min(sizes)
        if 0 <= config.retention_bytes <= sum(sizes.values()) - sizes[first]:
            return AT_ONCE
        timestamps = time_index(directory / offset_file(first, TIME_INDEX))
        timestamps.load()
        if timestamps.last:
            return due(config, timestamps.last[0])
        return due(config, last_written_ms(directory / offset_file(first, LOG)))
    except (OSError, ValueError):
        return NEVER  # not used yet; or something is wrong, and whoever uses it will be told
