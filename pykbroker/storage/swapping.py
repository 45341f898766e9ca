"""Segments that a compaction wrote take the place of the old ones: by renames, and whole after a crash at any step.

A segment's indexes become `.swap` before its log does: so a log called `.swap` is whole, and has taken over.  What is
found of it when the log is opened is put in place; a `.cleaned` file was never finished, and goes.
"""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from . import names
from .compacting import Compacted, Group
from .files import Descriptors, sync_directory
from .partition_log import PartitionLog
from .segment import Segment

_log = logging.getLogger(__name__)
_LOG_LAST = (names.TRANSACTION_INDEX, names.INDEX, names.TIME_INDEX, names.LOG)


def swap(log: PartitionLog, compacted: Compacted, descriptors: Descriptors) -> list[Path] | None:
    """The log consists of the new segments; gives the old files to remove.

    None if it changed meanwhile; then nothing is done.

    Raises:
        OSError: a file could not be renamed; opening the log puts it right.
    """
    directory = log.segments[0].directory
    places = [_place(log, group) for group in compacted.groups]
    if None in places:
        discard(directory)
        return None
    aside: list[Path] = []
    for group in compacted.groups:
        for kind in _LOG_LAST:
            _rename(directory, group, kind, names.CLEANED_SUFFIX, names.SWAP_SUFFIX)
    sync_directory(directory)  # a power cut could keep the next renames and lose these
    for group in compacted.groups:
        first = _place(log, group)
        assert first is not None
        for segment in log.segments[first : first + len(group.replaced)]:
            aside += _set_aside(segment)
    sync_directory(directory)
    for group in compacted.groups:
        for kind in _LOG_LAST:
            _rename(directory, group, kind, names.SWAP_SUFFIX, "")
        new = Segment(directory, group.replaced[0].base_offset, descriptors)
        new.measure()
        new.offset_index.load()
        new.time_index.load()
        new.aborted.load()
        new.recall_max_timestamp()
        first = _place(log, group)
        assert first is not None
        log.segments.replace(first, len(group.replaced), new)
    return aside


def _place(log: PartitionLog, group: Group) -> int | None:
    """Where the group's segments begin in the log, if they are there one after the other and as they were."""
    wanted = [(piece.base_offset, piece.size) for piece in group.replaced]
    for number, segment in enumerate(log.segments[:-1]):
        if segment.base_offset == wanted[0][0]:
            there = log.segments[number : min(number + len(wanted), len(log.segments) - 1)]
            return number if [(each.base_offset, each.size) for each in there] == wanted else None
    return None


def _rename(directory: Path, group: Group, kind: str, suffix: str, to: str) -> None:
    name = names.offset_file(group.replaced[0].base_offset, kind)
    written = directory / (name + suffix)
    if kind != names.TRANSACTION_INDEX or written.exists():  # there is none unless a transaction was aborted
        written.replace(directory / (name + to))


def _set_aside(segment: Segment) -> list[Path]:
    """The log goes last: as long as it is there, a start knows that its indexes are not the new log's."""
    segment.release()
    aside = []
    for path in reversed(segment.paths()):
        with contextlib.suppress(FileNotFoundError):
            aside.append(path.rename(path.with_name(path.name + names.DELETED_SUFFIX)))
    return aside


def discard(directory: Path) -> None:
    """What a compaction wrote and nobody wants is gone."""
    for path in directory.glob(f"*{names.CLEANED_SUFFIX}"):
        path.unlink(missing_ok=True)
