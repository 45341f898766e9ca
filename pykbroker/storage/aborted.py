"""The transaction index: which transactions were aborted, of those whose markers lie in one segment.

Consumers that read committed records only are told of those that overlap what they get, and leave their records out.

    .txnindex   (version int16 = 0, producer_id int64, first_offset int64, last_offset int64, last_stable_offset int64)*

`last_offset` is the marker's.  There is a file only where a transaction was aborted.
Source: KIP-98; Kafka's TransactionIndex and AbortedTxn.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from .index import Index

ENTRY = struct.Struct(">hqqqq")
_VERSION = 0
_LAST_OFFSET = 3


class Aborted(NamedTuple):
    """`last_stable_offset` is where undecided records began once this transaction was decided."""

    producer_id: int
    first_offset: int
    last_offset: int
    last_stable_offset: int


class AbortedIndex(Index):
    """In the order of `last_offset`; what Index says of its other fields holds for none but that."""

    __slots__ = ("_base_offset",)

    def __init__(self, stem: str, ending: str, base_offset: int) -> None:
        super().__init__(stem, ending, ENTRY)
        self._base_offset = base_offset

    @property
    def last_offset(self) -> int:
        """Of the newest marker; -1 if there is none."""
        return self.last[_LAST_OFFSET] if self.last else -1

    def load(self) -> bool:
        """The entries are those of the file, or none without one; whether they make sense."""
        return super().load() or not self.exists()

    def makes_sense(self) -> bool:
        if self.last is None:
            return True
        first = self.entry(0)
        return first[0] == self.last[0] == _VERSION and self._base_offset <= first[_LAST_OFFSET] <= self.last_offset

    def add(self, aborted: Aborted) -> None:
        self.append(_VERSION, *aborted)

    def write(self) -> None:
        if self._recent:
            super().write()

    def keep_below(self, offset: int) -> None:
        """Only transactions remain whose marker is before `offset`."""
        self.keep(self.count_up_to(offset - 1, by=_LAST_OFFSET))

    def since(self, offset: int) -> Iterator[Aborted]:
        """Those whose marker is at `offset` or behind it."""
        for _, *fields in self.entries(self.count_up_to(offset - 1, by=_LAST_OFFSET)):
            yield Aborted(*fields)
