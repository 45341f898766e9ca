"""What a test says to any of the three clients.  An adapter forwards and renames; it decides and retries nothing.

Settings are Kafka's property names with `_` for `.`: each adapter spells them as its client does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class Partition(NamedTuple):
    topic: str
    partition: int


class Place(NamedTuple):
    """Where an acknowledged record is."""

    partition: int
    offset: int


Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True)
class Record:
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int


class Failed(Exception):
    """The client reported an error; `code` is Kafka's error code, or negative when the client itself made it up."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code


@dataclass(frozen=True)
class GroupDescription:
    state: str
    members: dict[str, set[Partition]] = field(default_factory=dict)  # by member id


@dataclass(frozen=True)
class ClusterDescription:
    cluster_id: str | None
    controller_id: int
    brokers: set[tuple[int, str, int]]


class Producer(Protocol):
    def send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        partition: int | None = None,
        headers: Headers = (),
        timestamp_ms: int | None = None,
    ) -> Callable[[], Place]:
        """The record is on its way; the result waits for its acknowledgement.  Raises: Failed, either of them."""

    def flush(self) -> None: ...
    def close(self) -> None: ...


class Rebalances:
    """What a consumer was told it gained and lost.  May be read from any thread; the client itself may not."""

    def __init__(self) -> None:
        self.held: frozenset[Partition] = frozenset()
        self.assigned: list[set[Partition]] = []
        self.revoked: list[set[Partition]] = []

    def gained(self, partitions: Iterable[tuple[str, int]]) -> None:
        self.assigned.append({Partition(*partition) for partition in partitions})
        self.held |= self.assigned[-1]

    def lost(self, partitions: Iterable[tuple[str, int]]) -> None:
        self.revoked.append({Partition(*partition) for partition in partitions})
        self.held -= self.revoked[-1]


class Consumer(Protocol):
    """One consumer, used from one thread."""

    rebalances: Rebalances

    def subscribe(self, *topics: str) -> None: ...
    def assign(self, partitions: Iterable[Partition], at: int | None = None) -> None: ...
    def poll(self, seconds: float) -> list[Record]:
        """What has come, or nothing when `seconds` are over.  Raises: Failed."""

    def position(self, partition: Partition) -> int: ...
    def seek(self, partition: Partition, offset: int) -> None: ...
    def pause(self, *partitions: Partition) -> None: ...
    def resume(self, *partitions: Partition) -> None: ...
    def commit(self, offsets: Mapping[Partition, int] | None = None) -> None: ...
    def committed(self, partition: Partition) -> int | None: ...
    def beginning_offset(self, partition: Partition) -> int: ...
    def end_offset(self, partition: Partition) -> int: ...
    def offset_for_time(self, partition: Partition, timestamp_ms: int) -> int | None: ...
    def close(self) -> None: ...


class Admin(Protocol):
    def create_topic(
        self, name: str, partitions: int = 1, replicas: int = 1, configs: Mapping[str, str] = {}
    ) -> None: ...
    def delete_topic(self, name: str) -> None: ...
    def topics(self) -> dict[str, int]:
        """Number of partitions by name, of topics that are not internal."""

    def groups(self, state: str | None = None) -> set[str]: ...
    def describe_group(self, group_id: str) -> GroupDescription: ...
    def describe_cluster(self) -> ClusterDescription: ...
    def close(self) -> None: ...

    # Not in aiokafka:
    def validate_topic(self, name: str) -> None: ...
    def topic_id(self, name: str) -> str: ...
    def delete_group(self, group_id: str) -> None: ...


class Client(Protocol):
    """One of the libraries."""

    name: str

    def producer(self, address: str, **settings: object) -> Producer: ...
    def consumer(self, address: str, *topics: str, **settings: object) -> Consumer: ...
    def admin(self, address: str) -> Admin: ...


def wait_until(true: Callable[[], object], within_s: float = 30, every_s: float = 0.05) -> None:
    """`true()` was true.  AssertionError if it was not within the time.

    A client that reports an error meanwhile is asked again: coordinators are still loading after a restart.
    """
    deadline, fault = time.monotonic() + within_s, None
    while True:
        try:
            if true():
                return
        except Failed as failed:
            fault = failed
        assert time.monotonic() < deadline, f"not true within {within_s} s; last error: {fault}"
        time.sleep(every_s)


def read(consumer: Consumer, count: int, within_s: float = 30) -> list[Record]:
    """The next `count` records, and no more if more came with them.  AssertionError if they did not come in time."""
    records: list[Record] = []
    deadline = time.monotonic() + within_s
    while len(records) < count:
        assert time.monotonic() < deadline, f"{len(records)} of {count} records came within {within_s} s"
        records += consumer.poll(0.5)
    return records
