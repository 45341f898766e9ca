"""The two sparse indexes of a segment, offset to position and timestamp to offset; the third is aborted.py.

An active segment's newest entries are in memory and reach the file in blocks, at a roll, a flush and a close: recovery
rebuilds whatever a crash kept from it.  Searching reads a few entries of the file; no descriptor or mapping stays.

    .index      relative_offset int32, position int32              the batch at `position` ends at that offset
    .timeindex  timestamp int64, relative_offset int32             no record up to that offset is later
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
from collections.abc import Iterator

from .files import File

_OFFSET_ENTRY, _TIME_ENTRY = struct.Struct(">ii"), struct.Struct(">qi")
_SPILL_BYTES = 8192
_NOTHING = b""  # shared by all that have no new entries: most have none most of the time
_PAGE_BYTES = 4080  # a multiple of every entry's size


class Index:
    """Entries of one size; the fields that are searched by only grow."""

    __slots__ = ("_ending", "_entry", "_on_file", "_recent", "_stem", "last")

    def __init__(self, stem: str, ending: str, entry: struct.Struct) -> None:
        """Of the file `stem` + `ending`: all files of a segment share the first in memory."""
        self._stem, self._ending = stem, ending
        self._entry = entry
        self._recent: bytes | bytearray = _NOTHING
        self._on_file = 0
        self.last: tuple[int, ...] | None = None

    @property
    def _path(self) -> str:
        return self._stem + self._ending

    def __len__(self) -> int:
        return (self._on_file + len(self._recent)) // self._entry.size

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        return (self.entry(number) for number in range(len(self)))

    def exists(self) -> bool:
        return os.path.exists(self._path)

    def load(self) -> bool:
        """The entries are those of the file; whether they make sense.

        A Kafka that was killed leaves its file as large as it may grow, the rest being zero.
        """
        self._recent = _NOTHING
        try:
            file = File(self._path)
        except FileNotFoundError:
            self._on_file = 0
            self.last = None
            return False
        size = file.size()
        self._on_file = self._used_bytes(file, size - size % self._entry.size)
        if self._on_file != size:
            os.truncate(self._path, self._on_file)
        self.last = self.entry(len(self) - 1) if self._on_file else None
        return size % self._entry.size == 0 and self.makes_sense()

    def _used_bytes(self, file: File, size: int) -> int:
        """Where the zeros begin that nothing was written over."""
        if size and any(file.read_at(size - self._entry.size, self._entry.size)):
            return size
        low, high = 0, size // self._entry.size
        while low < high:
            middle = (low + high) // 2
            if any(file.read_at(middle * self._entry.size, self._entry.size)):
                low = middle + 1
            else:
                high = middle
        return low * self._entry.size

    def makes_sense(self) -> bool:
        if self.last is None:
            return True
        first = self.entry(0)
        return first[0] <= self.last[0] and first[1] <= self.last[1] and min(first[1], self.last[1]) >= 0

    def append(self, *fields: int) -> None:
        if not self._recent:
            self._recent = bytearray()
        self._recent += self._entry.pack(*fields)
        self.last = fields
        if len(self._recent) >= _SPILL_BYTES:
            with contextlib.suppress(OSError):  # the batch is in the log already: a roll or a flush tries again
                self.write()

    def write(self) -> None:
        """Every entry is in the file, in the page cache at least; the file exists."""
        file = File(self._path, append=True, create=not self._on_file)
        size = file.size()
        if size < self._on_file:
            raise OSError(errno.EIO, f"it has {size} bytes and should have {self._on_file}", self._path)
        if size > self._on_file:
            file.truncate(self._on_file)  # a write that failed left them
        if self._recent:
            file.append([bytes(self._recent)], self._on_file)
            self._on_file += len(self._recent)
            self._recent = _NOTHING

    def clear(self) -> None:
        self.keep(0)

    def keep(self, entries: int) -> None:
        """Only the first `entries` remain, here and in the file."""
        size = entries * self._entry.size
        if size <= self._on_file:
            self._recent = _NOTHING
            self._on_file = size
            if os.path.exists(self._path):
                os.truncate(self._path, size)
        elif isinstance(self._recent, bytearray):
            del self._recent[size - self._on_file :]
        self.last = self.entry(entries - 1) if entries else None

    def floor(self, target: int, *, by: int = 0) -> tuple[int, ...] | None:
        """The last entry whose field `by` is at most `target`, or None."""
        number, block, start = self._search(target, by)
        if not number:
            return None
        first, second = self._entry.unpack_from(block, (number - 1 - start) * self._entry.size)
        return first, second

    def count_up_to(self, target: int, *, by: int = 0) -> int:
        """How many entries have field `by` at most `target`."""
        return self._search(target, by)[0]

    def _search(self, target: int, by: int) -> tuple[int, bytes | bytearray, int]:
        """How many entries have field `by` at most `target`; a block with the last of them, and its first number."""
        size, unpack = self._entry.size, self._entry.unpack_from
        on_file = self._on_file // size
        block: bytes | bytearray
        if self._recent and (not on_file or unpack(self._recent)[by] <= target):
            low, high, block, start = on_file, len(self), self._recent, on_file
        elif on_file:
            low, block, high = self._page(target, by, on_file)
            start = low
        else:
            return 0, b"", 0
        while low < high:
            middle = (low + high) // 2
            if unpack(block, (middle - start) * size)[by] <= target:
                low = middle + 1
            else:
                high = middle
        return low, block, start

    def _page(self, target: int, by: int, on_file: int) -> tuple[int, bytes, int]:
        """The page of the file in which the first entry above `target` would stand: its first number, it, its end."""
        size, unpack = self._entry.size, self._entry.unpack
        per_page = _PAGE_BYTES // size
        file = File(self._path)
        low, high = 0, (on_file - 1) // per_page
        while low < high:  # the last page whose first entry is at most the target
            middle = (low + high + 1) // 2
            if unpack(self._read(file, middle * per_page * size, size))[by] <= target:
                low = middle
            else:
                high = middle - 1
        first = low * per_page
        end = min(first + per_page, on_file)
        return first, self._read(file, first * size, (end - first) * size), end

    def _read(self, file: File, position: int, length: int) -> bytes:
        found = file.read_at(position, length)
        if len(found) < length:
            raise OSError(errno.EIO, f"it ends before byte {position + length}", self._path)
        return found

    def entry(self, number: int) -> tuple[int, ...]:
        position = number * self._entry.size
        if position >= self._on_file:
            return self._entry.unpack_from(self._recent, position - self._on_file)
        return self._entry.unpack(self._read(File(self._path), position, self._entry.size))

    def entries(self, first: int) -> Iterator[tuple[int, ...]]:
        """From the one of that number on, a page at a time."""
        on_file, page = self._on_file // self._entry.size, _PAGE_BYTES // self._entry.size
        while first < on_file:
            count = min(page, on_file - first)
            yield from self._entry.iter_unpack(
                self._read(File(self._path), first * self._entry.size, count * self._entry.size)
            )
            first += count
        for number in range(first, len(self)):
            yield self.entry(number)


def offset_index(stem: str | os.PathLike[str], ending: str = "") -> Index:
    return Index(os.fspath(stem), ending, _OFFSET_ENTRY)


def time_index(stem: str | os.PathLike[str], ending: str = "") -> Index:
    return Index(os.fspath(stem), ending, _TIME_ENTRY)
