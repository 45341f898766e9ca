"""The rows of the table: what each measures, which way is better, and the goals beside the other brokers."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Protocol, TypeVar


@dataclass(frozen=True)
class Row:
    name: str
    what: str
    unit: str
    kafka: float | None = None  # the goal as a ratio to Kafka: at least, where more is better, otherwise at most
    kfake: float | None = None
    more_is_better: bool = False
    most: float | None = None  # the goal for pykbroker's own figure

    @property
    def group(self) -> str:
        return self.name.partition(".")[0]

    def reached(self, peer: str, ratio: float) -> bool | None:
        """Whether the goal beside `peer` is reached; None where there is none."""
        goal = {"kafka": self.kafka, "kfake": self.kfake}[peer]
        if goal is None:
            return None
        return ratio >= goal if self.more_is_better else ratio <= goal


def rate(name: str, what: str, unit: str, kafka: float | None = None, kfake: float | None = None) -> Row:
    return Row(name, what, unit, kafka, kfake, more_is_better=True)


_ROWS = [
    rate("produce.1k-p1-acks1", "produce 1 KB, 1 partition, acks=1", "MB/s", 2.2, 1.4),
    rate("produce.1k-p1-all", "the same, acks=all", "MB/s", 2.2, 1.4),
    rate("produce.1k-p4-acks1", "the same, 4 partitions, acks=1", "MB/s", 2.2, 1.4),
    rate("produce.1k-p4-all", "the same, 4 partitions, acks=all", "MB/s", 2.2, 1.4),
    Row("produce.cpu", "broker's CPU for a GB in these four", "s/GB", 0.3, 0.5),
    rate("produce.100b", "produce 100 B, 1 partition", "records/s", 1.2, 1.1),
    rate("produce.100b-lz4", "the same with lz4", "records/s", 1.2, 1.1),
    rate("produce.100b-zstd", "the same with zstd", "records/s", 1.2, 1.1),
    rate("consume.1", "catch-up consume of 1 KB, 1 consumer", "MB/s", 1.0, 2),
    rate("consume.3", "the same, 3 consumers, all together", "MB/s", 1.0, 2),
    Row("consume.cpu", "broker's CPU for a GB with 1 consumer", "s/GB", 0.5),
    rate("together.rate", "produce and consume 1 KB at the same time", "MB/s", 1.5, 1),
    Row("together.p50", "producer to waiting consumer at 1,000 records/s, median", "us", 0.6, 1.2),
    Row("together.p99", "the same, 99 of 100", "us", 0.6, 1.2),
    rate("requests.produce-16", "produces of one 100 B record, 16 connections", "requests/s", 1.2, 1),
    rate("requests.produce-200", "the same, 200 connections", "requests/s", 1.2, 1),
    rate("requests.produce-16x8", "the same, 16 connections with 8 under way each", "requests/s", 2, 1.5),
    rate("requests.metadata", "metadata of one topic, 16 connections", "requests/s", 2, 1),
    rate("requests.offset-commit", "offset commit, 16 connections", "requests/s", 1.5, 1),
    rate("requests.fetch", "fetch of one small batch, 16 connections", "requests/s", 3, 1),
    rate(
        "durable.1", "produces of one 100 B record, each on disk before it is answered, 1 connection", "requests/s", 0.8
    ),
    rate("durable.16", "the same, 16 connections", "requests/s", 4),
    rate("durable.200", "the same, 200 connections", "requests/s", 10),
    Row("single.p50", "one 100 B record at a time, median", "us", 0.6, 1.2),
    Row("single.p99", "the same, 99 of 100", "us", 0.6, 1.2),
    Row("memory.idle", "resident memory, idle", "MB", 0.15),
    Row("memory.after-produce", "resident memory after the produce rows", "MB", 0.15),
    Row("members.500", "500 group members join, one more joins, all settle", "s", 0.5),
    Row("start.first", "process start to first acknowledged record", "s", 0.08),
    Row("start.create-1000", "1,000 topics created", "s", 0.3, 1.5),
    Row("start.metadata-1000", "metadata of them all", "ms", 0.3, 1.5),
    Row("start.kill-1000", "start after kill -9 with 1,000 topics, to an acknowledged record", "s", 0.05),
    Row("partitions.ready", "10,000 partitions with a record each: ready after kill -9", "s", most=1),
    Row("partitions.memory", "their resident memory then", "MB", most=100),
    Row("partitions.descriptors", "their descriptors then", "descriptors", most=1000),
    Row("large.first", "3 GB in one partition: first acknowledgement after kill -9", "s", most=1),
]
QUICK = ["produce", "consume", "together", "single", "requests", "memory", "members", "start.first"]
ROWS = {row.name: row for row in _ROWS}


class Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def group(self) -> str: ...


R = TypeVar("R", bound=Named)


def chosen(patterns: Iterable[str], among: dict[str, R]) -> list[R]:
    """The rows whose name or group is one of `patterns`, which may hold `*`; all without a pattern.

    Raises:
        ValueError: a pattern that fits nothing.
    """
    wanted: set[str] = set()
    patterns = list(patterns) or ["*"]
    for pattern in patterns:
        fits = {name for name, row in among.items() if fnmatch(name, pattern) or row.group == pattern}
        if not fits:
            raise ValueError(f"no row is called {pattern}; there are {', '.join(among)}")
        wanted |= fits
    return [row for row in among.values() if row.name in wanted]
