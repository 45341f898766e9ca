"""A stretch of a log file that is sent as it lies there."""

from __future__ import annotations

from typing import NamedTuple

from .files import File


class FileSlice(NamedTuple):
    """`length` bytes of `file` from `position`; holding it keeps the descriptor alive."""

    file: File
    position: int
    length: int

    def read(self) -> bytes:
        return self.file.read_at(self.position, self.length)
