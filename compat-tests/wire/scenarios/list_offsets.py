"""ListOffsets: real timestamps and special ones."""

from __future__ import annotations

from typing import Any

from both.batches import TIMESTAMP, batch
from both.client import Broker, Topic
from pykbroker_protocol.apis.list_offsets import LIST_OFFSETS

from . import Answers, scenario

SPECIAL = {-1: "latest", -2: "earliest", -3: "max timestamp", -4: "earliest local", -5: "latest tiered",
           -6: "earliest pending upload", -7: "unheard of"}  # fmt: skip


def ask(broker: Broker, version: int, topic: Topic, *partitions: Any, **fields: Any) -> Any:
    """A partition is (index, timestamp) or (index, timestamp, current leader epoch)."""
    Request = LIST_OFFSETS.request.type
    names = ("partition_index", "timestamp", "current_leader_epoch")
    parts = [
        Request.ListOffsetsTopic.ListOffsetsPartition(**dict(zip(names, part, strict=False))) for part in partitions
    ]
    topics = [Request.ListOffsetsTopic(name=topic.name, partitions=parts)]
    return broker.ask(LIST_OFFSETS, version, **{"replica_id": -1, "topics": topics, "timeout_ms": 1000} | fields)


@scenario(LIST_OFFSETS)
def special_timestamps(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t", partitions=2)
    broker.produce(topic, batch(3), batch(2, base_timestamp=TIMESTAMP + 5000), batch(2, base_timestamp=TIMESTAMP + 100))
    for timestamp, label in SPECIAL.items():
        yield f"{label} of an empty partition", ask(broker, version, topic, (1, timestamp))
        yield label, ask(broker, version, topic, (0, timestamp))


@scenario(LIST_OFFSETS)
def timestamps(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t", partitions=2)
    broker.produce(topic, batch(3), batch(2, base_timestamp=TIMESTAMP + 5000), batch(2, base_timestamp=TIMESTAMP + 100))
    for later in (-1, 0, 1, 2, 3, 100, 101, 102, 5000, 5001, 5002):
        yield f"{later} ms later", ask(broker, version, topic, (0, TIMESTAMP + later))
    yield "of an empty partition", ask(broker, version, topic, (1, 0))
    yield "0", ask(broker, version, topic, (0, 0))


@scenario(LIST_OFFSETS)
def untimed_records(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    broker.produce(topic, batch(2, base_timestamp=-1, max_timestamp=-1))
    for timestamp in (0, -3, -1, -2):
        yield f"{timestamp}", ask(broker, version, topic, (0, timestamp))


@scenario(LIST_OFFSETS)
def wrong_partitions(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    yield "unknown topic", ask(broker, version, Topic(broker.name("nowhere")), (0, -1))
    yield "empty name", ask(broker, version, Topic(""), (0, -1))
    yield "unknown partitions", ask(broker, version, topic, (9, -1), (-1, -1), (0, -1))
    yield "the same partition twice", ask(broker, version, topic, (0, -1), (0, -2))
    yield "no partition", ask(broker, version, topic)
    yield "no topic", ask(broker, version, topic, topics=[])
    for replica_id in (-2, 0, 1):
        yield f"replica {replica_id}", ask(broker, version, topic, (0, -1), replica_id=replica_id)


@scenario(LIST_OFFSETS, since=4)
def leader_epochs(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    broker.produce(topic, batch())
    for epoch in (-1, 0, 1, -2):
        for timestamp in (-1, -2, 0):
            yield f"epoch {epoch}, timestamp {timestamp}", ask(broker, version, topic, (0, timestamp, epoch))


@scenario(LIST_OFFSETS, since=2)
def isolation_levels(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    broker.produce(topic, batch())
    for level in (0, 1, 2, -1):
        yield f"level {level}", ask(broker, version, topic, (0, -1), isolation_level=level)
