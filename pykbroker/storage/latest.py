"""The last record of each key: the two walks over records that a compaction consists of, and the one of a start.

Compiled where there is a compiler (`_latest.c`), a compaction's without Python's lock: clients are served beside it;
what stands here says the same, slower, and the tests hold one against the other.  Keys are kept whole, so no two of
them are ever taken for one; Kafka keeps their MD5.
"""

from __future__ import annotations

import os
from typing import Protocol

from pykbroker_protocol.records.batch import COMPRESSION_MASK, CONTROL, HEADER_SIZE, MAGIC, TRANSACTIONAL

from .batch import read_header
from .survey import INT_BITS, LONG_BITS, number, skipped

_ENTRY_BYTES = 150  # of a key in a dict beside its own bytes: two objects and their place


class LatestOffsets(Protocol):
    """Of one thread."""

    def __len__(self) -> int: ...

    @property
    def used_bytes(self) -> int:
        """The memory that it takes, more or less."""

    def note(self, plain: bytes | memoryview, count: int, base_offset: int, /) -> None:
        """It has the latest offset of each key of these records, which follow what was noted before.

        Raises:
            ValueError: the records are not whole.
        """

    def kept(
        self, plain: bytes | memoryview, count: int, base_offset: int, base_timestamp: int, tombstones: bool, /
    ) -> tuple[bytes | None, int, int, bool]:
        """(the records that stay as they lie, or None if all do; how many; their largest timestamp; a tombstone there?)

        A record stays unless its key has a later one here, or it has none, or it is a tombstone and those go.

        Raises:
            ValueError: the records are not whole.
        """

    def forget_from(self, offset: int, /) -> None:
        """Keys whose latest offset is not before `offset` are unknown."""


class LatestOffsetsInPython:
    def __init__(self) -> None:
        self._offsets: dict[bytes, int] = {}
        self._keys_bytes = 0

    def __len__(self) -> int:
        return len(self._offsets)

    @property
    def used_bytes(self) -> int:
        return self._keys_bytes + len(self._offsets) * _ENTRY_BYTES

    def note(self, plain: bytes | memoryview, count: int, base_offset: int) -> None:
        position = 0
        for _ in range(count):
            position, _, offset_delta, key, _ = _record(plain, position)
            if key is not None:
                self._keys_bytes += 0 if key in self._offsets else len(key)
                self._offsets[key] = base_offset + offset_delta

    def kept(
        self, plain: bytes | memoryview, count: int, base_offset: int, base_timestamp: int, tombstones: bool
    ) -> tuple[bytes | None, int, int, bool]:
        body, left, largest, has_tombstones, position = bytearray(), 0, -1, False, 0
        for _ in range(count):
            start = position
            position, timestamp_delta, offset_delta, key, value = _record(plain, position)
            if key is None or (value is None and not tombstones):
                continue
            if base_offset + offset_delta < self._offsets.get(key, -1):
                continue
            body += plain[start:position]
            left += 1
            has_tombstones = has_tombstones or value is None
            largest = max(largest, (base_timestamp + timestamp_delta + 2**63) % 2**64 - 2**63)
        return None if left == count else bytes(body), left, largest, has_tombstones

    def forget_from(self, offset: int) -> None:
        self._offsets = {key: latest for key, latest in self._offsets.items() if latest < offset}


def take_in_python(block: memoryview, values: dict[bytes, bytes]) -> int:
    """`values` has the last value of each key, tombstones taken out, of the plain batches at the beginning of `block`;
    how many bytes these are.  A batch that is compressed, transactional, control or not whole ends the walk.

    Raises:
        ValueError: records are not whole.
    """
    position = 0
    while position + HEADER_SIZE <= len(block):
        header = read_header(block, position)
        end = position + header.size
        plain = not header.attributes & (COMPRESSION_MASK | TRANSACTIONAL | CONTROL)
        if header.magic != MAGIC or not plain or header.size < HEADER_SIZE or end > len(block):
            break
        records, at = block[position + HEADER_SIZE : end], 0
        for _ in range(header.records_count):
            at, _, _, key, value = _record(records, at)
            if key is None:
                continue
            if value is None:
                values.pop(key, None)
            else:
                values[key] = value
        position = end
    return position


def _record(plain: bytes | memoryview, position: int) -> tuple[int, int, int, bytes | None, bytes | None]:
    """(where the next one begins, timestamp delta, offset delta, key, value)"""
    length, position = number(plain, position, len(plain), INT_BITS)
    end = position + length
    if length < 1 or end > len(plain):
        raise ValueError("a record that is cut short")
    timestamp_delta, position = number(plain, position + 1, end, LONG_BITS)
    offset_delta, position = number(plain, position, end, INT_BITS)
    key_length, behind = skipped(plain, position, end)
    key = None if key_length < 0 else bytes(plain[behind - key_length : behind])
    value_length, behind = skipped(plain, behind, end)
    value = None if value_length < 0 else bytes(plain[behind - value_length : behind])
    return end, timestamp_delta, offset_delta, key, value


try:
    from ._latest import LatestOffsets as _Compiled
    from ._latest import take as take  # said twice: for others to import

    def latest_offsets() -> LatestOffsets:
        """Of no key yet."""
        return _Compiled(os.urandom(16))  # a seed that no producer can know
except ImportError:
    latest_offsets, take = LatestOffsetsInPython, take_in_python
