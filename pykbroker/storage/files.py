"""Descriptors and whole writes: the few places where the engine meets the operating system.

A `File` lives as long as somebody holds it, so a slice on its way to a client survives its segment's closing and
deletion.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

_BINARY = getattr(os, "O_BINARY", 0)
_APPEND = os.O_RDWR | os.O_APPEND | _BINARY | getattr(os, "O_CLOEXEC", 0)
_READ = os.O_RDONLY | _BINARY | getattr(os, "O_CLOEXEC", 0)


class File:
    """A descriptor that is closed when nobody holds it any more."""

    __slots__ = ("_descriptor",)

    def __init__(self, path: str | os.PathLike[str], *, append: bool = False, create: bool = False) -> None:
        """`create` it if there is none: never of a file that should be there, which would begin anew."""
        self._descriptor = -1
        flags = _APPEND if append else _READ
        self._descriptor = os.open(path, flags | os.O_CREAT if create else flags, 0o644)

    def fileno(self) -> int:
        return self._descriptor

    def size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def read_at(self, position: int, length: int) -> bytes:
        return read_at(self._descriptor, length, position)

    def append(self, pieces: Sequence[bytes | memoryview], known_end: int) -> None:
        """All of `pieces` stand at the end, or the file ends at `known_end` as before.

        Raises:
            OSError: the disk is full or broken.  `TornWrite` if what was half written could not be taken back.
        """
        total = sum(map(len, pieces))
        try:
            written = write_pieces(self._descriptor, pieces)
            if written != total:
                rest = memoryview(b"".join(pieces))
                while written < total:  # a full disk takes a part first and says why at the next call
                    written += os.write(self._descriptor, rest[written:])
        except OSError:
            self.take_back(known_end)
            raise

    def take_back(self, known_end: int) -> None:
        """The file ends at `known_end`, though a write failed behind it.

        Raises:
            TornWrite: it could not be cut there.
        """
        try:
            os.ftruncate(self._descriptor, known_end)
        except OSError as fault:
            raise TornWrite(fault.errno, f"a half-written batch could not be removed: {fault}") from fault

    def truncate(self, size: int) -> None:
        os.ftruncate(self._descriptor, size)

    def is_deleted(self) -> bool:
        """Nobody can open it any more: what is written to it goes with the descriptor."""
        return os.fstat(self._descriptor).st_nlink == 0

    def __del__(self) -> None:
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)


class TornWrite(OSError):
    """A file has bytes at its end that belong to no batch."""


if sys.platform != "win32":
    write_pieces = os.writev
    read_at = os.pread
else:

    def write_pieces(descriptor: int, pieces: Sequence[bytes | memoryview], /) -> int:
        return os.write(descriptor, b"".join(pieces))

    def read_at(descriptor: int, length: int, position: int, /) -> bytes:
        os.lseek(descriptor, position, os.SEEK_SET)
        return os.read(descriptor, length)


class Openable(Protocol):
    """What holds a file while it is in use, and can let go of it."""

    @property
    def is_open(self) -> bool: ...

    def release(self) -> None: ...


class Descriptors:
    """At most `limit` segments have their file open; the one opened longest ago gives way.

    First in, first out costs a hot segment one re-opening in `limit` openings of others, and a read or append nothing.
    """

    __slots__ = ("_open", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._open: deque[Openable] = deque()

    def opened(self, holder: Openable) -> None:
        self._open.append(holder)
        while len(self._open) > self.limit:
            self._open.popleft().release()

    def __len__(self) -> int:
        return sum(holder.is_open for holder in self._open)


def replace_file(path: Path, content: bytes, *, sync: bool = True) -> None:
    """`path` holds `content`, or what it held before, when the process dies here; with `sync`, when the power goes."""
    temporary = path.with_name(path.name + ".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, 0o644)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        if sync:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(temporary, path)
    if sync:
        sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """New names in `path` are on disk.  Windows cannot open a directory, and orders its names itself."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_data(file: File) -> None:
    """What was written to `file` is on disk."""
    getattr(os, "fdatasync", os.fsync)(file.fileno())


def sync_file(path: Path) -> None:
    """What was written to `path` is on disk, if there is such a file."""
    try:
        descriptor = os.open(path, os.O_RDWR | _BINARY)
    except FileNotFoundError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
