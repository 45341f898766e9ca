"""A broker's starts, on nothing and on much, after a stop and after kill -9; and what much costs while it is there.

The first acknowledged record comes from a connection of ours, asked again until it is acknowledged: no client's own
start is in the figures.
"""

import statistics
import struct
import time
from collections.abc import Iterator

import streams
from both.client import Broker as Asking
from both.client import NoAnswer
from pykbroker_protocol.apis.create_topics import CREATE_TOPICS
from pykbroker_protocol.apis.metadata import METADATA
from pykbroker_protocol.apis.produce import PRODUCE
from session import Failed, Session
from small_requests import small_batch

PATIENCE_S = 300
_BY_NAME = 12  # the last version of Produce that names a topic, which outlives a broker that forgot its ids
_Topic = PRODUCE.request.type.TopicProduceData
_WITHOUT_CONFIGS = 4  # of CreateTopics: reading 33 configs of each topic would take longer than their creation
_Creatable = CREATE_TOPICS.request.type.CreatableTopic


def acknowledged(asking: Asking, topic: str, partitions: range = range(1)) -> None:
    """One record in each of `partitions`, asked for until the broker has taken them."""
    left, deadline, batch = list(partitions), time.monotonic() + PATIENCE_S, small_batch()
    while left:
        data = [_Topic.PartitionProduceData(index=index, records=batch) for index in left]
        topics = [_Topic(name=topic, partition_data=data)]
        answer = asking.ask(PRODUCE, _BY_NAME, acks=-1, timeout_ms=10_000, topic_data=topics)
        if isinstance(answer, NoAnswer):
            raise Failed(f"Produce: {answer.value}")
        refused = {each.index: each.error_code for each in answer.responses[0].partition_responses if each.error_code}
        left = list(refused)
        if left and time.monotonic() > deadline:
            codes = sorted(set(refused.values()))
            raise Failed(f"no record was acknowledged in {topic} within {PATIENCE_S} s: error codes {codes}")


def create(asking: Asking, topics: list[str], partitions: int = 1) -> None:
    """They exist; asked for in as large requests as Kafka takes, which is 10,000 records of its catalog."""
    at_once = max(1, min(100, 2000 // partitions))
    for first in range(0, len(topics), at_once):
        wanted = [
            _Creatable(name=name, num_partitions=partitions, replication_factor=1)
            for name in topics[first : first + at_once]
        ]
        answer = asking.ask(CREATE_TOPICS, _WITHOUT_CONFIGS, topics=wanted, timeout_ms=60_000)
        if isinstance(answer, NoAnswer) or any(topic.error_code for topic in answer.topics):
            raise Failed(f"topics were not created: {answer}")


def start_s(session: Session, topic: str | None = None) -> float:
    """Seconds from the start of the process to a record in `topic`, or in a new one."""
    began = time.monotonic()
    session.peer.start(PATIENCE_S)
    with session.asking() as asking:
        if topic is None:
            topic = asking.name("first")
            create(asking, [topic])
        acknowledged(asking, topic)
        return time.monotonic() - began


def measure_start(session: Session) -> None:
    session.peer.start(PATIENCE_S)  # once before: Kafka's data directory is formatted, which is no part of a start
    session.peer.stop()
    session.note("start.first", start_s(session))
    if session.wants("start.create-1000", "start.metadata-1000", "start.kill-1000"):
        topics = [f"topic-{number}" for number in range(1000)]
        with session.asking() as asking:
            began = time.monotonic()
            create(asking, topics)
            session.note("start.create-1000", time.monotonic() - began)
            for topic in topics:
                acknowledged(asking, topic)
            session.note("start.metadata-1000", statistics.median(_metadata_ms(asking, len(topics))))
        session.peer.kill()
        session.note("start.kill-1000", start_s(session, topics[500]))
    session.peer.kill()


def _metadata_ms(asking: Asking, topics: int, times: int = 20) -> Iterator[float]:
    """What an answer with all topics takes, `times` times; it is read, but not understood, in that time."""
    connection = asking.connect("bench")
    while asking.ask(METADATA, 12, topics=None).topics.__len__() < topics:
        time.sleep(0.01)
    for _ in range(times):
        began = time.monotonic()
        connection.send(METADATA, 12, topics=None)
        frame = connection.receive_frame(PATIENCE_S)
        yield (time.monotonic() - began) * 1000
        if not isinstance(frame, bytes) or len(frame) < topics * struct.calcsize(">hii16s"):
            raise Failed("metadata without the topics")


def many_partitions(session: Session, count: int) -> tuple[float, float, int]:
    """Ready again after kill -9, in seconds; resident MB; descriptors: with a record in each of `count` partitions."""
    topics, each = [f"many-{number}" for number in range(100)], range(count // 100)
    # kfake keeps two descriptors for each partition that was written to, which is more than one process may have.
    parts = [topics[:50], topics[50:]] if session.peer.kind == "kfake" else [topics]
    for part in parts:
        session.peer.start(PATIENCE_S)
        with session.asking() as asking:
            create(asking, part, len(each))
            for topic in part:
                acknowledged(asking, topic, each)
        if part is not parts[-1]:
            session.peer.stop()
    session.peer.kill()
    ready_s = session.peer.start(PATIENCE_S)
    with session.asking() as asking:
        acknowledged(asking, topics[50])
    return ready_s, session.peer.memory_mb()[0], session.peer.descriptors()


def measure_partitions(session: Session) -> None:
    ready_s, resident_mb, descriptors = many_partitions(session, 10_000)
    session.note("partitions.ready", ready_s)
    session.note("partitions.memory", resident_mb)
    session.note("partitions.descriptors", descriptors)
    session.peer.kill()


def large_log(session: Session, gigabytes: float) -> float:
    """Seconds from the start of the process to the next acknowledgement, killed right after the one of the last GB."""
    session.peer.start(PATIENCE_S)
    with session.asking() as asking:
        create(asking, ["large-1"])
    count = int(gigabytes * streams.GB / streams.KB)
    session.run(*streams.producing(session, "large-1", count, streams.KB))
    session.peer.kill()
    return start_s(session, "large-1")


def measure_large(session: Session) -> None:
    session.note("large.first", large_log(session, 3))
    session.peer.kill()
