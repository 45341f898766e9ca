"""A file system under one directory that loses in a power cut whatever was not synced, as far as POSIX lets it.

Below `os`, so it sees all that a program in this process does there.  The files are real ones and show what the page
cache holds; beside them stands what the disk has.  A write is on the disk after fsync of its file, a name (made,
renamed or removed) after fsync of its directory.  In a cut each of the others is kept or lost by itself, and a write
may be torn anywhere, or leave zeros in its place.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pykbroker.storage import files

SECTOR = 512


class PowerCut(BaseException):
    """There is no power, so nothing can be done any more."""


class Inode:
    """A file: what the disk has of it, and what it was not told to keep yet, in order."""

    def __init__(self) -> None:
        self.on_disk = bytearray()
        self.pending: list[tuple[int, bytes | None]] = []  # (position, data), or (size, None) of a truncation

    def sync(self) -> None:
        for change in self.pending:
            _apply(self.on_disk, *change)
        self.pending.clear()

    def after_cut(self, luck: Luck) -> bytes:
        content = bytearray(self.on_disk)
        for at, data in self.pending:
            if luck.keeps():
                _apply(content, at, data if data is None else luck.torn(data))
        return bytes(content)


class Directory:
    """Names: those that the disk has, and the changes that it was not told to keep yet, in order."""

    def __init__(self) -> None:
        self.names: dict[str, Node] = {}
        self.on_disk: dict[str, Node] = {}
        self.pending: list[tuple[str | None, str | None, Node]] = []  # (name that goes, name that comes, what it names)

    def change(self, gone: str | None, new: str | None, node: Node) -> None:
        _rename(self.names, gone, new, node)
        self.pending.append((gone, new, node))

    def sync(self) -> None:
        for change in self.pending:
            _rename(self.on_disk, *change)
        self.pending.clear()

    def after_cut(self, luck: Luck, into: Path) -> None:
        found = dict(self.on_disk)
        for change in self.pending:
            if luck.keeps():
                _rename(found, *change)
        into.mkdir()
        for name, node in found.items():
            if isinstance(node, Directory):
                node.after_cut(luck, into / name)
            else:
                (into / name).write_bytes(node.after_cut(luck))


Node = Inode | Directory


class Luck:
    """What becomes of each thing that was not synced, in one power cut."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._kept = dice.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        self._whole = dice.choice((0.0, 0.5, 1.0))

    def keeps(self) -> bool:
        return self._dice.random() < self._kept

    def torn(self, data: bytes) -> bytes:
        if self._dice.random() < self._whole:
            return data
        way = self._dice.randrange(3)
        if way == 0:
            return data[: self._dice.randrange(len(data) + 1)]
        if way == 1:
            return bytes(len(data))
        sectors = [data[at : at + SECTOR] for at in range(0, len(data), SECTOR)]
        return b"".join(sector if self._dice.random() < 0.5 else bytes(len(sector)) for sector in sectors)


class LosingDisk:
    """The file system.  `cut_at` is the number of the call that finds no power any more; -1: there is power."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self.cut_at = -1
        self.calls = 0
        self.is_dead = False
        self._top = Directory()
        self._open: dict[int, Node] = {}
        self._scan(root, self._top)

    def _scan(self, path: Path, directory: Directory) -> None:
        """What is there already is on the disk."""
        for entry in path.iterdir():
            node: Node = Directory() if entry.is_dir() else Inode()
            if isinstance(node, Directory):
                self._scan(entry, node)
            else:
                node.on_disk += entry.read_bytes()
            directory.names[entry.name] = directory.on_disk[entry.name] = node

    def cut(self, into: Path, dice: random.Random) -> None:
        """`into` has what a restart finds."""
        self.is_dead = True
        self._top.after_cut(Luck(dice), into)

    @contextmanager
    def mounted(self) -> Iterator[LosingDisk]:
        """All that is done below `root` goes through this file system."""
        originals = {name: getattr(os, name) for name in dir(_Calls) if not name.startswith("_") and hasattr(os, name)}
        calls = _Calls(self, originals)
        pieces = files.write_pieces
        for name in originals:
            setattr(os, name, getattr(calls, name))
        files.write_pieces = calls.writev  # type: ignore[assignment]
        try:
            yield self
        finally:
            for name, original in originals.items():
                setattr(os, name, original)
            files.write_pieces = pieces  # type: ignore[assignment]

    # What the calls ask

    def step(self) -> None:
        if self.calls == self.cut_at:
            self.is_dead = True
        if self.is_dead:
            raise PowerCut
        self.calls += 1

    def place(self, path: Any, dir_fd: int | None = None) -> tuple[Directory, str] | None:
        """The directory and name of `path`; None outside of this file system."""
        if dir_fd is not None:
            directory = self._open.get(dir_fd)
            return (directory, os.fspath(path)) if isinstance(directory, Directory) else None
        text = os.fspath(path)
        if not isinstance(text, str) or not text.startswith(self.root + os.sep):
            return None
        parts = text[len(self.root) + 1 :].split(os.sep)
        directory = self._top
        for part in parts[:-1]:
            found = directory.names.get(part)
            if not isinstance(found, Directory):
                return None
            directory = found
        return directory, parts[-1]

    def node(self, path: Any, dir_fd: int | None = None) -> Node | None:
        if path == self.root or (isinstance(path, os.PathLike) and os.fspath(path) == self.root):
            return self._top
        place = self.place(path, dir_fd)
        return place[0].names.get(place[1]) if place else None

    def opened(self, descriptor: int, node: Node | None) -> None:
        if node is not None:
            self._open[descriptor] = node

    def closed(self, descriptor: int) -> None:
        self._open.pop(descriptor, None)

    def of(self, descriptor: Any) -> Node | None:
        return self._open.get(descriptor) if isinstance(descriptor, int) else None


class _Calls:
    """The functions of `os` that change something, or ask for it to be kept."""

    def __init__(self, disk: LosingDisk, real: dict[str, Callable[..., Any]]) -> None:
        self._disk = disk
        self._real = real

    def open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        disk = self._disk
        place = disk.place(path, dir_fd)
        node = disk.node(path, dir_fd)
        if place is None and node is None:
            return self._real["open"](path, flags, mode, dir_fd=dir_fd)
        if flags & (os.O_CREAT | os.O_TRUNC):
            disk.step()
        descriptor: int = self._real["open"](path, flags, mode, dir_fd=dir_fd)
        if node is None and place is not None:
            node = Inode()
            place[0].change(None, place[1], node)
        elif flags & os.O_TRUNC and isinstance(node, Inode):
            node.pending.append((0, None))
        disk.opened(descriptor, node)
        return descriptor

    def close(self, descriptor: int) -> None:
        self._disk.closed(descriptor)
        self._real["close"](descriptor)

    def write(self, descriptor: int, data: Any) -> int:
        return (
            self._write(descriptor, bytes(data)) if self._disk.of(descriptor) else self._real["write"](descriptor, data)
        )

    def writev(self, descriptor: int, pieces: Any) -> int:
        if self._disk.of(descriptor) is None:
            return self._real["writev"](descriptor, pieces)
        return self._write(descriptor, b"".join(pieces))

    def _write(self, descriptor: int, data: bytes) -> int:
        node = self._disk.of(descriptor)
        assert isinstance(node, Inode)
        self._disk.step()
        written: int = self._real["write"](descriptor, data)
        end = os.lseek(descriptor, 0, os.SEEK_CUR)
        node.pending.append((end - written, data[:written]))
        return written

    def ftruncate(self, descriptor: int, size: int) -> None:
        self._truncate(self._disk.of(descriptor), size)
        self._real["ftruncate"](descriptor, size)

    def truncate(self, path: Any, size: int) -> None:
        self._truncate(self._disk.of(path) if isinstance(path, int) else self._disk.node(path), size)
        self._real["truncate"](path, size)

    def _truncate(self, node: Node | None, size: int) -> None:
        if isinstance(node, Inode):
            self._disk.step()
            node.pending.append((size, None))

    def mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        place = self._disk.place(path, dir_fd)
        if place is not None:
            self._disk.step()
        self._real["mkdir"](path, mode, dir_fd=dir_fd)
        if place is not None:
            place[0].change(None, place[1], Directory())

    def rename(self, source: Any, target: Any) -> None:
        self._move("rename", source, target)

    def replace(self, source: Any, target: Any) -> None:
        self._move("replace", source, target)

    def _move(self, call: str, source: Any, target: Any) -> None:
        place, to = self._disk.place(source), self._disk.place(target)
        if place is not None:
            self._disk.step()
        self._real[call](source, target)
        if place is not None and to is not None:
            assert place[0] is to[0], "a rename between directories is not known here"
            place[0].change(place[1], to[1], place[0].names[place[1]])

    def unlink(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._remove("unlink", path, dir_fd)

    def rmdir(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._remove("rmdir", path, dir_fd)

    def _remove(self, call: str, path: Any, dir_fd: int | None) -> None:
        place = self._disk.place(path, dir_fd)
        if place is not None:
            self._disk.step()
        self._real[call](path, dir_fd=dir_fd)
        if place is not None:
            place[0].change(place[1], None, place[0].names[place[1]])

    def fsync(self, descriptor: int) -> None:
        self._sync("fsync", descriptor)

    def fdatasync(self, descriptor: int) -> None:
        self._sync("fdatasync", descriptor)

    def _sync(self, call: str, descriptor: int) -> None:
        node = self._disk.of(descriptor)
        if node is None:
            self._real[call](descriptor)
            return
        self._disk.step()
        node.sync()


def _apply(content: bytearray, at: int, data: bytes | None) -> None:
    if len(content) < at:
        content += bytes(at - len(content))
    if data is None:
        del content[at:]
    else:
        content[at : at + len(data)] = data


def _rename(names: dict[str, Node], gone: str | None, new: str | None, node: Node) -> None:
    if gone is not None:
        names.pop(gone, None)
    if new is not None:
        names[new] = node
