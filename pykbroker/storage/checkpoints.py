"""Kafka's small text files: what was known good, where logs start, and which topic a directory belongs to.

0                         version
2                         entries
orders 0 1234             one a line
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path

from .files import replace_file
from .names import PARTITION_METADATA, uuid_bytes, uuid_text

_log = logging.getLogger(__name__)
_VERSION = "0"

Offsets = dict[tuple[str, int], int]  # (topic, partition) -> offset


class BadCheckpoint(ValueError):
    """A checkpoint file is not what Kafka or this broker writes."""


def read_lines(path: Path, fields: int) -> list[list[str]]:
    """The entries of a checkpoint, each as `fields` words; none if there is no file.

    Raises:
        BadCheckpoint: it is damaged or of another version.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as fault:
        raise BadCheckpoint(f"{path}: {fault}") from fault
    if not lines:
        return []  # Kafka creates some of them empty
    entries = [line.split() for line in lines[2:]]
    if lines[0] != _VERSION or len(lines) < 2 or lines[1] != str(len(entries)):
        raise BadCheckpoint(
            f"{path}: version {lines[0]!r}, {len(entries)} entries; should be {_VERSION!r} and {lines[1:2]}"
        )
    if any(len(entry) != fields for entry in entries):
        raise BadCheckpoint(f"{path}: an entry has not {fields} fields")
    return entries


def write_lines(path: Path, entries: Iterable[str], *, sync: bool = True) -> None:
    lines = list(entries)
    replace_file(path, "".join(f"{line}\n" for line in (_VERSION, str(len(lines)), *lines)).encode(), sync=sync)


def read_offsets(path: Path) -> Offsets:
    return {(topic, int(partition)): int(offset) for topic, partition, offset in read_lines(path, 3)}


def write_offsets(path: Path, offsets: Offsets) -> None:
    write_lines(path, (f"{topic} {partition} {offset}" for (topic, partition), offset in offsets.items()))


class Checkpoint:
    """The offsets that belong into one file, and whether the file lacks a change of them."""

    __slots__ = ("_dropped", "_is_due", "_under_way", "offsets", "path")

    def __init__(self, path: Path, offsets: Offsets) -> None:
        self.path = path
        self.offsets = offsets
        self._is_due = True  # this process has not written it
        self._dropped: set[tuple[str, int]] = set()  # what the file may still have
        self._under_way = False

    def put(self, key: tuple[str, int], offset: int) -> None:
        if self.offsets.get(key) != offset:
            self.offsets[key] = offset
            self._is_due = True

    def drop(self, key: tuple[str, int]) -> None:
        if self.offsets.pop(key, None) is not None:
            self._is_due = True
            self._dropped.add(key)

    def forget(self, keys: Collection[tuple[str, int]]) -> None:
        """The file has none of `keys`; one that is being written by a thread may have them until its next turn.

        Raises:
            OSError: it cannot be written.
        """
        for key in keys:
            self.drop(key)
        if not self._under_way and not self._dropped.isdisjoint(keys) and (write := self.due()):
            write()

    def due(self) -> Callable[[], None] | None:
        """What writes the offsets of now, also from a thread; None if the file has them.

        It raises OSError, and is due again, when it cannot.
        """
        if not self._is_due:
            return None
        self._is_due, self._under_way = False, True
        self._dropped.clear()
        return partial(self._write, dict(self.offsets))

    def _write(self, offsets: Offsets) -> None:
        try:
            write_offsets(self.path, offsets)
        except OSError:
            self._is_due = True
            raise
        finally:
            self._under_way = False


def loaded(path: Path) -> Checkpoint:
    """What the file says; nothing if there is none, or if it is damaged."""
    try:
        return Checkpoint(path, read_offsets(path))
    except BadCheckpoint as fault:
        _log.warning("ignored, logs are recovered from their start: %s", fault)
        return Checkpoint(path, {})


def read_topic_id(directory: Path) -> bytes | None:
    """The topic id that `partition.metadata` says the directory belongs to, or None if it does not say.

    Raises:
        BadCheckpoint: it says it in no form that is known.
    """
    path = directory / PARTITION_METADATA
    try:
        words = dict(line.split(": ", 1) for line in path.read_text(encoding="utf-8").splitlines() if line)
        return uuid_bytes(words["topic_id"]) if words.get("version") == _VERSION else _bad(path, words)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError) as fault:
        raise BadCheckpoint(f"{path}: {fault}") from fault


def _bad(path: Path, words: dict[str, str]) -> bytes:
    raise BadCheckpoint(f"{path}: version {words.get('version')!r}, only {_VERSION!r} is known")


def write_topic_id(directory: Path, topic_id: bytes) -> None:
    content = f"version: {_VERSION}\ntopic_id: {uuid_text(topic_id)}"
    replace_file(directory / PARTITION_METADATA, content.encode(), sync=False)
