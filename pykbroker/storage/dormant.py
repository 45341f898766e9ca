"""When a partition that nobody has opened will have something to delete, told by its files without opening its log."""

from __future__ import annotations

import os
from pathlib import Path

from pykbroker.config.topic import LogConfig

from .index import time_index
from .names import LEFTOVER_SUFFIXES, LOG, TIME_INDEX, offset_file, offset_of
from .retention import NEVER, due
from .segment import last_written_ms

AT_ONCE = 0


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
