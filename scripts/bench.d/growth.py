"""How the cost of a unit of work grows with what is there already, or at the same time: x1, x10 and x100 of it.

CPU time of the broker wherever it can be had, which a busy machine changes less than it does the time on a clock.
"""

import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import lifecycle
import members
import streams
from both.client import Broker as Asking
from both.client import Connection, Topic
from pykbroker_protocol.apis.api_versions import API_VERSIONS
from pykbroker_protocol.apis.list_offsets import LIST_OFFSETS
from pykbroker_protocol.apis.metadata import METADATA
from pykbroker_protocol.apis.produce import PRODUCE
from session import Figure, Session
from small_requests import load, prepare, produces

IDLE_S = 60
_MAX_TIMESTAMP = -3  # KIP-734
_TOPICS = 100  # that partitions are spread over


@dataclass(frozen=True)
class GrowthRow:
    name: str
    what: str
    unit: str
    sizes: tuple[float, ...]

    @property
    def group(self) -> str:
        return self.name.partition(".")[0]


_ROWS = [
    GrowthRow("partitions.produce", "CPU of a 100 B produce, beside so many partitions", "us", (100, 1_000, 10_000)),
    GrowthRow("partitions.first", "CPU of a partition's first record", "us", (100, 1_000, 10_000)),
    GrowthRow("partitions.memory", "memory of a partition that was used", "KB", (100, 1_000, 10_000)),
    GrowthRow("partitions.start", "start after kill -9, to a record, with so many", "s", (100, 1_000, 10_000)),
    GrowthRow("connections.produce", "CPU of a 100 B produce, so many connections", "us", (10, 100, 1_000)),
    GrowthRow("connections.memory", "memory of a connection that has asked once", "KB", (1_000,)),
    GrowthRow("members.settle", "join, one more, settle: time for each member", "ms", (5, 50, 500)),
    GrowthRow("topics.create", "CPU of creating a topic, beside so many", "us", (10, 100, 1_000)),
    GrowthRow("topics.metadata", "CPU of metadata, for each topic in it", "us", (10, 100, 1_000)),
    GrowthRow("log.produce", "CPU of producing a GB, the log's size in GB", "s", (0.03, 0.3, 3)),
    GrowthRow("log.timestamp", "CPU of an offset's search by timestamp", "us", (0.03, 0.3, 3)),
    GrowthRow("log.start", "start after kill -9, to a record", "s", (0.03, 0.3, 3)),
    GrowthRow(
        "idle.core",
        "10,000 partitions, 1,000 connections, so many s later",
        "% of a core",
        (IDLE_S, 2 * IDLE_S, 3 * IDLE_S),
    ),
]
ROWS = {row.name: row for row in _ROWS}


class Growing:
    """One broker's session; `turn` of its figures is the place of their size in the row."""

    def __init__(self, session: Session) -> None:
        self.session, self.peer = session, session.peer
        self.peer.start(lifecycle.PATIENCE_S)
        with session.asking() as asking:  # a JVM has compiled what a produce takes
            self.produce_us(asking, asking.topic("warm"), 16)

    def note(self, row: str, size: float, value: float) -> None:
        place = ROWS[row].sizes.index(size)
        self.session.figures.append(Figure(row, self.peer.kind, self.session.medium, place, value))

    def produce_us(self, asking: Asking, topic: Topic, connections: int) -> float:
        return load(self.session, prepare(asking, PRODUCE, 13, produces(topic, 16)), connections)["cpu_us"]

    def note_start(self, row: str, size: float, topic: str) -> None:
        """The broker was killed and runs again."""
        self.peer.kill()
        self.note(row, size, lifecycle.start_s(self.session, topic))


def partitions(growing: Growing) -> None:
    resident, there = growing.peer.memory_mb()[0], 0
    for size in ROWS["partitions.produce"].sizes:
        each = range((int(size) - there) // _TOPICS)
        topics, there = [f"x{int(size)}-{number}" for number in range(_TOPICS)], int(size)
        with growing.session.asking() as asking:
            lifecycle.create(asking, topics, len(each))
            before = growing.peer.cpu_s()
            for name in topics:
                lifecycle.acknowledged(asking, name, each)
            added = len(topics) * len(each)
            growing.note("partitions.first", size, (growing.peer.cpu_s() - before) * 1e6 / added)
            growing.note("partitions.memory", size, (growing.peer.memory_mb()[0] - resident) * 1000 / added)
            growing.note("partitions.produce", size, growing.produce_us(asking, asking.topic("asked"), 16))
        growing.note_start("partitions.start", size, topics[50])
        resident = growing.peer.memory_mb()[0]


def connections(growing: Growing) -> None:
    resident = growing.peer.memory_mb()[0]
    with growing.session.asking() as asking:
        topic = asking.topic("asked")
        for size in ROWS["connections.produce"].sizes:
            growing.note("connections.produce", size, growing.produce_us(asking, topic, int(size)))
    with _held_open(growing, 1_000):
        growing.note("connections.memory", 1_000, (growing.peer.memory_mb()[0] - resident) * 1000 / 1_000)


def group_members(growing: Growing) -> None:
    members.rebalances_s(growing.session, 5)
    for size in ROWS["members.settle"].sizes:
        growing.note("members.settle", size, members.rebalances_s(growing.session, int(size)) * 1000 / size)


def topics(growing: Growing) -> None:
    with growing.session.asking() as asking:
        lifecycle.create(asking, [f"warm-{number}" for number in range(100)])
        for size in ROWS["topics.create"].sizes:
            names = [f"x{int(size)}-{number}" for number in range(int(size))]
            before = growing.peer.cpu_s()
            lifecycle.create(asking, names)
            growing.note("topics.create", size, (growing.peer.cpu_s() - before) * 1e6 / size)
            for name in names:
                asking.wait_led(name)
            wanted = [METADATA.request.type.MetadataRequestTopic(name=name) for name in names]
            prepared = prepare(asking, METADATA, 13, [{"topics": wanted}])
            growing.note("topics.metadata", size, load(growing.session, prepared, 4)["cpu_us"] / size)


def log_size(growing: Growing) -> None:
    session, name, there = growing.session, "large-1", 0.0
    with session.asking() as asking:
        lifecycle.create(asking, [name])
        asking.wait_led(name)
    for size in ROWS["log.produce"].sizes:
        before = growing.peer.cpu_s()
        session.run(*streams.producing(session, name, int((size - there) * streams.GB / streams.KB), streams.KB))
        growing.note("log.produce", size, (growing.peer.cpu_s() - before) / (size - there))
        there = size
        with session.asking() as asking:
            prepared = prepare(asking, LIST_OFFSETS, 7, _searches(asking, name, 100))
            growing.note("log.timestamp", size, load(session, prepared, 4)["cpu_us"])
        growing.note_start("log.start", size, name)


def _searches(asking: Asking, topic: str, count: int) -> list[dict]:
    """`count` requests for timestamps between those of the first and of the last record."""
    Topics = LIST_OFFSETS.request.type.ListOffsetsTopic

    def asked(timestamp: int) -> dict:
        partitions = [Topics.ListOffsetsPartition(partition_index=0, timestamp=timestamp)]
        return {"replica_id": -1, "topics": [Topics(name=topic, partitions=partitions)]}

    now = int(time.time() * 1000)
    latest = asking.ask(LIST_OFFSETS, 7, **asked(_MAX_TIMESTAMP)).topics[0].partitions[0].timestamp
    first = asking.ask(LIST_OFFSETS, 7, **asked(now - 3_600_000)).topics[0].partitions[0].timestamp
    pick = random.Random(1)
    return [asked(pick.randint(first, latest)) for _ in range(count)]


@contextlib.contextmanager
def _held_open(growing: Growing, count: int):
    """So many connections that have asked once."""
    with contextlib.ExitStack() as held:
        for _ in range(count):
            connection = Connection("127.0.0.1", growing.peer.port)
            held.callback(connection.close)
            connection.ask(API_VERSIONS, 0)
        yield


def idle(growing: Growing) -> None:
    with growing.session.asking() as asking:
        names = [f"idle-{number}" for number in range(_TOPICS)]
        lifecycle.create(asking, names, 100)
        for name in names:
            lifecycle.acknowledged(asking, name, range(100))
    with _held_open(growing, 1_000):
        for size in ROWS["idle.core"].sizes:
            before, began = growing.peer.cpu_s(), time.monotonic()
            time.sleep(IDLE_S)
            growing.note("idle.core", size, 100 * (growing.peer.cpu_s() - before) / (time.monotonic() - began))


GROUPS: dict[str, Callable[[Growing], None]] = {
    "partitions": partitions,
    "connections": connections,
    "members": group_members,
    "topics": topics,
    "log": log_size,
    "idle": idle,
}
