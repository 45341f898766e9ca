"""What was promised while a broker was being killed, and what of it does not hold afterwards.

Pure: it is told what producers, consumers and the broker said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple


class Payload(NamedTuple):
    """Names a record: the n-th that `producer` sent to its partition."""

    producer: str
    sequence: int

    def to_bytes(self, size: int) -> bytes:
        return f"{self.producer} {self.sequence} ".encode().ljust(size, b".")

    @classmethod
    def from_bytes(cls, value: bytes) -> Payload:
        producer, sequence, _ = value.split(b" ", 2)
        return cls(producer.decode(), int(sequence))


class Ledger:
    """Acknowledged records by partition and offset, and the highest committed offset that was ever seen."""

    def __init__(self) -> None:
        self.acknowledged: dict[int, dict[int, Payload]] = defaultdict(dict)
        self.committed: dict[int, int] = {}
        self.violations: list[str] = []

    @property
    def count(self) -> int:
        return sum(map(len, self.acknowledged.values()))

    def acknowledge(self, partition: int, offset: int, payload: Payload) -> None:
        other = self.acknowledged[partition].setdefault(offset, payload)
        if other != payload:
            self.violations.append(f"partition {partition} offset {offset} was given to {other} and to {payload}")

    def commit(self, partition: int, offset: int) -> None:
        """A commit was acknowledged, or the broker said that `offset` is committed."""
        self.committed[partition] = max(offset, self.committed.get(partition, offset))

    def check_committed(self, partition: int, offset: int, known: int) -> None:
        """`known` was committed before the broker was asked, and `offset` is what it said."""
        if offset < known:
            self.violations.append(f"partition {partition}: the committed offset went back from {known} to {offset}")

    def check_partition(self, partition: int, found: Iterable[tuple[int, Payload]]) -> int:
        """`found` is the whole partition in the order of reading; the number of its records."""
        at: dict[int, Payload] = {}
        last: dict[str, int] = {}
        seen: set[Payload] = set()
        for offset, payload in found:
            if offset != len(at):
                self.violations.append(f"partition {partition}: offset {offset} follows {len(at) - 1}")
            if payload in seen:
                self.violations.append(f"partition {partition} offset {offset}: {payload} is there twice")
            elif payload.sequence < last.get(payload.producer, -1):
                self.violations.append(f"partition {partition} offset {offset}: {payload} is out of order")
            at[offset] = payload
            seen.add(payload)
            last[payload.producer] = payload.sequence
        for offset, payload in self.acknowledged[partition].items():
            if at.get(offset) != payload:
                there = "lost" if payload not in seen else "elsewhere"
                self.violations.append(f"partition {partition} offset {offset}: acknowledged {payload} is {there}")
        return len(at)
