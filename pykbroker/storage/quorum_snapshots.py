"""KRaft's snapshots of the catalog, `<end offset>-<epoch>.checkpoint`: batches that say what lay before that offset.

They are read and never written here.  Once there is one, Kafka deletes the log before it.
Source: KIP-630; org.apache.kafka.snapshot.Snapshots.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pykbroker_protocol.records.batch import HEADER_SIZE, MAGIC

from .batch import Header, crc_holds, read_header
from .recovery import StorageError

_NAME = re.compile(r"(\d{20})-(\d{10})\.checkpoint")


class QuorumSnapshot(NamedTuple):
    """The first offset that is not in it, the epoch of the last one that is, and its file."""

    end_offset: int
    epoch: int
    path: Path

    def batches(self) -> Iterator[tuple[Header, bytes]]:
        """Every batch as header and bytes; offsets in it are its own.

        Raises:
            StorageError: it is damaged.
        """
        content, position = self.path.read_bytes(), 0
        while position < len(content):
            whole = position + HEADER_SIZE <= len(content)
            header = read_header(content, position) if whole else None
            batch = content[position : position + header.size] if header else b""
            if (
                header is None
                or header.magic != MAGIC
                or not HEADER_SIZE <= header.size == len(batch)
                or not crc_holds(batch, header)
            ):
                raise StorageError(f"{self.path} is damaged at byte {position}; restore it from a copy")
            yield header, batch
            position += header.size


def newest_snapshot(directory: Path) -> QuorumSnapshot | None:
    """The one that replaying begins with, if there is any."""
    named = [(_NAME.fullmatch(path.name), path) for path in directory.glob("*.checkpoint")]
    return max((QuorumSnapshot(int(name[1]), int(name[2]), path) for name, path in named if name), default=None)
