"""The start of a log moves up: records before it are out of reach at once, and files that held only such are set aside.

Set aside means renamed: no client waits until a large file is gone.  Somebody removes the files later, and what is left
of them goes when the log is opened again.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from pykbroker_protocol.errors import ErrorCode, Refused

from .names import DELETED_SUFFIX
from .partition_log import PartitionLog
from .segment import Segment
from .snapshots import snapshot_path


def delete_before(log: PartitionLog, offset: int) -> list[Path]:
    """The log starts at `offset`, unless it starts later already; gives the files to remove.

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
        return []
    aside: list[Path] = []
    try:
        log.start_at(offset)
        for _ in range(log.segments.number_of(offset)):
            aside += _set_aside(log.segments[0])
            del log.segments[0]
    except OSError as fault:
        raise Refused(ErrorCode.KAFKA_STORAGE_ERROR, f"{log.name} cannot be deleted from: {fault}") from fault
    return aside


def _set_aside(segment: Segment) -> list[Path]:
    """The new names of a segment's files, and of the snapshot of producers that belongs to its beginning."""
    segment.release()
    aside = []
    for path in (*segment.paths(), snapshot_path(segment.directory, segment.base_offset)):
        with contextlib.suppress(FileNotFoundError):  # few segments have them all
            aside.append(path.rename(path.with_name(path.name + DELETED_SUFFIX)))
    return aside
