"""What one connection's requests of one API began with, and what that came to.

Up to what changes (records, an offset) a client's next request is often the same bytes as its last: client id, limits,
topic, partition.  Bytes that are the same, in the same version, mean the same.
"""

from __future__ import annotations

from typing import Any, Generic, NamedTuple, Protocol, TypeVar


class Exchange(NamedTuple):
    """A request that took the long way, and its response."""

    version: int
    request: Any
    response: Any


SAME_FROM = 8  # api key, version and correlation id stand before
_MOST_BYTES = 1024
_MOST_KNOWN = 32


class Meaning(Protocol):
    @property
    def version(self) -> int: ...


M = TypeVar("M", bound=Meaning)


class Prefixes(Generic[M]):
    """At most 32 prefixes of at most 1 KiB."""

    __slots__ = ("_ends", "_meanings")

    def __init__(self) -> None:
        self._meanings: dict[bytes, M] = {}
        self._ends: list[int] = []  # each once

    def __len__(self) -> int:
        return len(self._meanings)

    def find(self, frame: memoryview, version: int) -> tuple[M | None, int]:
        """What the frame's prefix means, and where it ends."""
        for end in self._ends:
            meaning = self._meanings.get(bytes(frame[SAME_FROM:end]))
            if meaning is not None and meaning.version == version:
                return meaning, end
        return None, 0

    def keep(self, frame: memoryview, end: int, meaning: M) -> None:
        """Up to `end` the frame means that."""
        if end > _MOST_BYTES:
            return
        if len(self._meanings) >= _MOST_KNOWN:
            self._meanings.clear()
            self._ends.clear()
        self._meanings[bytes(frame[SAME_FROM:end])] = meaning
        if end not in self._ends:
            self._ends.append(end)
