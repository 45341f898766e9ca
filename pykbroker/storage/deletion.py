"""The start of a log moves up: records before it are out of reach at once, and files that held only such are set aside,
once the new start is on disk.

Set aside means renamed: no client waits until a large file is gone.  Somebody removes the files later, and what is left
of them goes when the log is opened again.
"""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
from typing import NamedTuple

from pykbroker_protocol.errors import ErrorCode, Refused

from .names import DELETED_SUFFIX
from .partition_log import PartitionLog
from .retention import expired
from .segment import Segment
from .snapshots import snapshot_path

_log = logging.getLogger(__name__)


class Doomed(NamedTuple):
    """Segments that are out of reach; their files are there until they are set aside."""

    log: PartitionLog
    segments: list[Segment]


def delete_before(log: PartitionLog, offset: int) -> Doomed | None:
    """The log starts at `offset`, unless it starts later already; gives what lies before it as a whole.

    The active segment stays, even if nothing in it can be reached any more.

    Raises:
        Refused: OFFSET_OUT_OF_RANGE if the log does not reach there; KAFKA_STORAGE_ERROR.
    """
    if not 0 <= offset <= log.high_watermark:
        raise Refused(
            ErrorCode.OFFSET_OUT_OF_RANGE,
            f"{log.name} cannot start at {offset}: its high watermark is {log.high_watermark}",
        )
    if offset <= log.log_start_offset:
        return None
    try:
        return _start_at(log, offset, log.segments.number_of(offset))
    except OSError as fault:
        raise _storage_error(log, fault) from fault


def delete_expired(log: PartitionLog, timestamp: int) -> Doomed | None:
    """Segments past the topic's retention are out of reach; gives them.

    When that is all of them, an empty one takes their place: the log goes on where it ended.

    Raises:
        Refused: KAFKA_STORAGE_ERROR.
    """
    try:
        count = expired(
            log.segments,
            log.config,
            log_start_offset=log.log_start_offset,
            log_end_offset=log.log_end_offset,
            high_watermark=log.high_watermark,
            timestamp=timestamp,
        )
        if not count:
            return None
        if count == len(log.segments):
            log.roll()
        doomed = _start_at(log, max(log.log_start_offset, log.segments[count].base_offset), count)
    except OSError as fault:
        raise _storage_error(log, fault) from fault
    _log.info(
        "segments deleted: partition=%s segments=%d start_offset=%d why=retention",
        log.name,
        count,
        log.log_start_offset,
    )
    return doomed


def _start_at(log: PartitionLog, offset: int, count: int) -> Doomed:
    log.start_at(offset)
    doomed = log.segments[:count]
    del log.segments[:count]
    return Doomed(log, doomed)


def set_aside(doomed: Doomed) -> list[Path]:
    """The new names of the segments' files, and of the snapshots of producers that belong to their beginnings.

    What cannot be renamed stays, and is removed when the log is opened: it lies before its start.
    """
    aside = []
    for segment in doomed.segments:
        segment.release()
        for path in (*segment.paths(), snapshot_path(segment.directory, segment.base_offset)):
            with contextlib.suppress(OSError):  # few segments have them all
                aside.append(path.rename(path.with_name(path.name + DELETED_SUFFIX)))
    return aside


def _storage_error(log: PartitionLog, fault: OSError) -> Refused:
    return Refused(ErrorCode.KAFKA_STORAGE_ERROR, f"{log.name} cannot be deleted from: {fault}")
