"""Files and directories under names that nobody reads any more, until their delay is over and they are removed."""

from __future__ import annotations

import contextlib
import heapq
import shutil
from collections.abc import Iterable
from pathlib import Path

from .files import sync_directory


class Removals:
    """What is to be removed, and when.  A delay begins when `take_due` is next asked: so nothing here needs a clock."""

    def __init__(self) -> None:
        self._new: list[tuple[int, Path]] = []
        self._waiting: list[tuple[int, Path]] = []  # a heap

    def __len__(self) -> int:
        return len(self._new) + len(self._waiting)

    def add(self, paths: Iterable[Path], delay_ms: int) -> None:
        self._new += ((delay_ms, path) for path in paths)

    def take_due(self, now: int) -> list[Path]:
        """Those whose delay is over; they are the caller's to `remove`."""
        for delay_ms, path in self._new:
            heapq.heappush(self._waiting, (now + delay_ms, path))
        self._new.clear()
        paths = []
        while self._waiting and self._waiting[0][0] <= now:
            paths.append(heapq.heappop(self._waiting)[1])
        return paths


def remove(paths: Iterable[Path]) -> None:
    """They are gone, or stay until the next start if the system will not have it.  Any thread may do it.

    What took the place of a removed segment has its name on the disk first: a log whose every file were lost to a power
    cut would give out its offsets again.
    """
    synced: set[Path] = set()
    for path in paths:
        with contextlib.suppress(OSError):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
                continue
            if path.parent not in synced:
                sync_directory(path.parent)
                synced.add(path.parent)
            path.unlink()
