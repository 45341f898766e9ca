"""Which open logs are closed because nobody uses them: of more than `keep_open`, those unused for longest.

Use is noticed by `DataDirectory.partition`, and where handlers remember what it gave: a number is set to zero, and a
busy log pays for nothing else.  A log is flushed before it is closed, so a kill finds nothing to scan in it.
"""

from __future__ import annotations

from typing import NamedTuple

from .data_directory import DataDirectory
from .flush import Pending
from .partition_log import PartitionLog

KEEP_OPEN = 500
UNUSED_LOOKS = 6
CLOSED_A_LOOK = 200
"""To close one takes some 0.2 ms: when thousands fall idle together they must not be noticed by whoever is left."""


class Idle(NamedTuple):
    """A log that may be closed once `pending` is on disk; None: it is all there."""

    log: PartitionLog
    pending: Pending | None


def idle_logs(
    data: DataDirectory,
    *,
    keep_open: int = KEEP_OPEN,
    unused_looks: int = UNUSED_LOOKS,
    at_most: int = CLOSED_A_LOOK,
) -> list[PartitionLog]:
    """Those to close, after one more look at each."""
    logs = list(data.open_logs())
    for log in logs:
        log.unused_looks += 1
    idle = [log for log in logs if log.unused_looks > unused_looks and _may_rest(data, log)]
    idle.sort(key=lambda log: log.unused_looks, reverse=True)
    return idle[: min(max(0, len(logs) - keep_open), at_most)]


def _may_rest(data: DataDirectory, log: PartitionLog) -> bool:
    """Nobody waits for anything there, and its files say all there is to know."""
    busy = log.watchers or log.broken or log in data.in_use
    return not busy and log.producers.first_unstable_offset is None


def close(data: DataDirectory, idle: Idle) -> bool:
    """The log is closed, unless somebody came to use it, or it was deleted, while it was flushed."""
    log, pending = idle
    if pending is not None:
        log.flushed(pending)
    if data.open_log(log.topic, log.partition) is not log or not log.unused_looks or not _may_rest(data, log):
        return False
    if log.recovery_point < log.log_end_offset:
        return False
    data.rest(log)
    return True
