"""What one flush puts on disk, apart from the log that asks for it: a worker thread may do it while appends go on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from .files import sync_directory, sync_file
from .names import LEADER_EPOCHS, PARTITION_METADATA
from .segment import Segment
from .snapshots import snapshot_path


class Pending(NamedTuple):
    """What one flush has to put on disk.  `sync` may run in any thread."""

    up_to: int
    paths: list[Path]
    directory: Path

    def sync(self) -> None:
        for path in self.paths:
            sync_file(path)
        sync_directory(self.directory)


def pending(directory: Path, segments: Iterable[Segment], up_to: int) -> Pending:
    """The files of those `segments` that begin before `up_to`, with what belongs to them."""
    paths = [directory / LEADER_EPOCHS, directory / PARTITION_METADATA]
    for segment in segments:
        if segment.base_offset < up_to:
            paths += segment.paths()
            paths.append(snapshot_path(directory, segment.base_offset))
    return Pending(up_to, paths, directory)
