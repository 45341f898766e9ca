"""What one flush puts on disk, apart from the log that asks for it: a worker thread may do it while appends go on."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from .files import sync_directory, sync_file


class Pending(NamedTuple):
    """What one flush has to put on disk.  `sync` may run in any thread."""

    up_to: int
    paths: list[Path]
    directory: Path

    def sync(self) -> None:
        for path in self.paths:
            sync_file(path)
        sync_directory(self.directory)
