"""Files of a data directory, read as they lie: nothing is opened for writing, so a broker may be running on them.

The engine's own readers repair what they find, which is not for somebody who only looks.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pykbroker_protocol.records.batch import CRC_START, HEADER_SIZE, MAGIC

from pykbroker.storage.aborted import ENTRY, Aborted
from pykbroker.storage.batch import Header, read_header
from pykbroker.storage.checksum import crc32c
from pykbroker.storage.names import TIME_INDEX

_PIECE = 1024 * 1024


class Damaged(Exception):
    """What should stand at `position` of the file does not."""

    def __init__(self, position: int, why: str) -> None:
        super().__init__(f"at byte {position}: {why}")
        self.position = position
        self.why = why


class LogFile:
    """A segment's batches, as far as the file was long when it was opened: what a broker appends is left out."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        self.size = path.stat().st_size

    def __enter__(self) -> LogFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def batches(self) -> Iterator[tuple[int, Header]]:
        """Position and header of each batch whose length, magic and CRC hold.

        Raises:
            Damaged: the next one's do not.
        """
        position = 0
        while position < self.size:
            header = self._header(position)
            crc = self._crc(position + CRC_START, position + header.size)
            if crc != header.crc:
                raise Damaged(
                    position,
                    f"the CRC of the batch at offset {header.base_offset} is {crc:#010x}, not {header.crc:#010x}",
                )
            yield position, header
            position += header.size

    def _header(self, position: int) -> Header:
        left = self.size - position
        if left < HEADER_SIZE:
            raise Damaged(position, f"{left} bytes are left, a batch's header has {HEADER_SIZE}")
        header = read_header(self._read(position, HEADER_SIZE))
        if header.magic != MAGIC:
            raise Damaged(position, f"no record batch: its magic is {header.magic}, not {MAGIC}")
        if not HEADER_SIZE <= header.size <= left:
            raise Damaged(position, f"a batch of {header.size} bytes, {left} are left")
        if header.last_offset_delta < 0 or header.records_count < 0:
            raise Damaged(position, f"{header.records_count} records up to {header.last_offset_delta} behind the first")
        return header

    def _crc(self, start: int, end: int) -> int:
        crc = 0
        for position in range(start, end, _PIECE):
            crc = crc32c(self._read(position, min(_PIECE, end - position)), crc)
        return crc

    def _read(self, position: int, length: int) -> bytes:
        self._file.seek(position)
        found = self._file.read(length)
        if len(found) < length:
            raise Damaged(position, "the file was cut while it was read; a broker is at work on it")
        return found

    def batch(self, position: int, header: Header) -> bytes:
        return self._read(position, header.size)


def index_entries(path: Path) -> Iterator[tuple[int, int, int]]:
    """(position in the file, first field, second field) of each entry of a .index or .timeindex.

    What a broker that runs, or was killed, allocated and did not fill yet is left out.

    Raises:
        Damaged: the file ends within an entry.
    """
    entry = struct.Struct(">qi" if path.suffix == TIME_INDEX else ">ii")
    content = path.read_bytes()
    used = len(content.rstrip(b"\0"))
    used += -used % entry.size  # the last entry may end in zeros
    if len(content) % entry.size and used > len(content):
        whole = len(content) - len(content) % entry.size
        raise Damaged(whole, f"{len(content) - whole} bytes are no entry of {entry.size}")
    for position in range(0, min(used, len(content)), entry.size):
        yield position, *entry.unpack_from(content, position)


def transactions(path: Path) -> Iterator[Aborted]:
    """
    Raises:
        Damaged: an entry is not whole, or of another version.
    """
    content = path.read_bytes()
    for position in range(0, len(content), ENTRY.size):
        if len(content) - position < ENTRY.size:
            raise Damaged(position, f"{len(content) - position} bytes are no entry of {ENTRY.size}")
        version, *fields = ENTRY.unpack_from(content, position)
        if version != 0:
            raise Damaged(position, f"an entry of version {version}, only 0 is known")
        yield Aborted(*fields)
