"""A compaction that a crash interrupted while its segments took the place of the old ones is brought to its end.

Whose log is called `.swap` was whole, and what it replaces goes: each segment that begins before it ends.  Kafka may
leave a `.cleaned` beside it, which means that not all of its segments had been renamed: then those behind go too, and
the old ones are still there.  Source: Kafka's LogLoader.
"""

from __future__ import annotations

import logging
from pathlib import Path

from . import names
from .files import Descriptors
from .segment import BrokenBatch, Segment

_log = logging.getLogger(__name__)


def end_swaps(directory: Path, descriptors: Descriptors) -> None:
    """There is no `.swap` file any more, and the log is whole with or without what it held."""
    files = [path.name for path in directory.iterdir()]
    swaps = [name for name in files if name.endswith(names.SWAP_SUFFIX)]
    if not swaps:
        return
    unfinished = min(
        (names.offset_of(name) for name in files if name.endswith(names.CLEANED_SUFFIX)), default=names.MAX_OFFSET
    )
    logs = [name for name in swaps if name.endswith(names.LOG + names.SWAP_SUFFIX)]
    whole = sorted(offset for offset in map(names.offset_of, logs) if offset < unfinished)
    for base_offset in whole:
        _take_over(directory, base_offset, descriptors)
    for name in swaps:
        (directory / name).unlink(missing_ok=True)
    _log.warning("%s: a compaction that was interrupted is ended: segments=%s", directory, whole)


def _take_over(directory: Path, base_offset: int, descriptors: Descriptors) -> None:
    swapped = Segment(directory, base_offset, descriptors, suffix=names.SWAP_SUFFIX)
    swapped.measure()
    end_offset = base_offset + 1
    try:
        for _, header in swapped.headers():
            end_offset = header.last_offset + 1
    except BrokenBatch as fault:
        _log.error("%s: what a compaction wrote cannot be read, the old segments stay: %s", directory, fault)
        return
    for path in list(directory.glob(f"*{names.LOG}")):
        if base_offset <= names.offset_of(path.name) < end_offset:
            Segment(directory, names.offset_of(path.name), descriptors).delete()
    swapped.release()
    for path in swapped.paths():
        if path.exists():
            path.replace(path.with_name(path.name.removesuffix(names.SWAP_SUFFIX)))
