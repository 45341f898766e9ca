"""CreatePartitions."""

from __future__ import annotations

from typing import Any

from both.client import Broker
from pykbroker_protocol.apis.create_partitions import CREATE_PARTITIONS
from pykbroker_protocol.apis.metadata import METADATA

from . import Answers, scenario

Grown = CREATE_PARTITIONS.request.type.CreatePartitionsTopic


def grown(name: str, count: int, *brokers_of_new: list[int]) -> Any:
    """A topic that shall have `count` partitions; where the new ones are to be is left open unless it is said."""
    assignments = [Grown.CreatePartitionsAssignment(broker_ids=brokers) for brokers in brokers_of_new]
    return Grown(name=name, count=count, assignments=assignments or None)


def grow(broker: Broker, version: int, *topics: Any, **fields: Any) -> Any:
    return broker.ask(CREATE_PARTITIONS, version, **{"topics": list(topics), "timeout_ms": 10_000} | fields)


def shown(broker: Broker, name: str, partitions: int) -> Any:
    """What metadata says once it has `partitions`; Kafka's broker hears of them a little after its controller."""
    broker.wait_metadata(name, lambda topic: len(topic.partitions) == partitions and topic.error_code == 0)
    asked = METADATA.request.type.MetadataRequestTopic(name=name)
    return broker.ask(METADATA, 9, topics=[asked], allow_auto_topic_creation=False)


@scenario(CREATE_PARTITIONS)
def more_partitions(broker: Broker, version: int) -> Answers:
    one, two = broker.topic("one"), broker.topic("two", partitions=2)
    yield "only checked", grow(broker, version, grown(one.name, 3), validate_only=True)
    yield "one to three", grow(broker, version, grown(one.name, 3))
    yield "it has three", shown(broker, one.name, 3)
    yield "assigned", grow(broker, version, grown(two.name, 4, [1], [1]))
    yield "it has four", shown(broker, two.name, 4)
    yield "two at once", grow(broker, version, grown(one.name, 4), grown(two.name, 5))
    yield "one good, one not", grow(broker, version, grown(one.name, 5), grown(two.name, 5))
    yield "none", grow(broker, version)
    yield "at once", grow(broker, version, grown(one.name, 6), timeout_ms=0)
    yield "a timeout of -1", grow(broker, version, grown(one.name, 6), timeout_ms=-1)
    yield "none, at once", grow(broker, version, timeout_ms=0)


@scenario(CREATE_PARTITIONS)
def no_more_partitions(broker: Broker, version: int) -> Answers:
    topic = broker.topic("topic", partitions=2)
    for count in (2, 1, 0, -1):
        yield f"two to {count}", grow(broker, version, grown(topic.name, count))
    for count in (10_001, 10_002, 10_003, 1_000_000):
        yield f"two to {count}, only checked", grow(broker, version, grown(topic.name, count), validate_only=True)
    for name in ("nowhere", "", "in valid", "x" * 250, "__cluster_metadata"):
        yield f"unknown {name:.10}", grow(broker, version, grown(name, 2))
    yield "twice in one", grow(broker, version, grown(topic.name, 3), grown(topic.name, 4))
    yield (
        "twice in one, unknown, and another",
        grow(broker, version, grown("nowhere", 3), grown("nowhere", 3), grown(topic.name, 2)),
    )
    yield "it has two", shown(broker, topic.name, 2)


@scenario(CREATE_PARTITIONS)
def bad_new_assignments(broker: Broker, version: int) -> Answers:
    topic = broker.topic("topic")

    def ask(label: str, count: int, *brokers: list[int]) -> tuple[str, Any]:
        return label, grow(broker, version, grown(topic.name, count, *brokers))

    yield ask("too few", 3, [1])
    yield ask("too many", 2, [1], [1])
    yield ask("none", 2, [])
    yield ask("an unknown broker", 2, [7])
    yield ask("a negative broker", 2, [-1])
    yield ask("two replicas", 2, [1, 7])
    yield ask("the same broker twice", 2, [1, 1])
    yield ask("of the right and the wrong", 3, [1], [7])
    yield ask("none at all of one", 3, [1], [])
    yield "an empty list", grow(broker, version, Grown(name=topic.name, count=2, assignments=[]))
    yield "it has one", shown(broker, topic.name, 1)
