"""CreateTopics and DeleteTopics."""

from __future__ import annotations

from typing import Any

from both.client import Broker, Topic
from pykbroker_protocol.apis.create_topics import CREATE_TOPICS
from pykbroker_protocol.apis.delete_topics import DELETE_TOPICS
from pykbroker_protocol.apis.metadata import METADATA

from . import Answers, scenario

Wanted = CREATE_TOPICS.request.type.CreatableTopic


def wanted(name: str, **fields: Any) -> Any:
    """A topic of one partition and one replica, unless `fields` say otherwise."""
    return Wanted(**{"name": name, "num_partitions": 1, "replication_factor": 1} | fields)


def replicas(*brokers_of_partitions: tuple[int, list[int]]) -> dict[str, Any]:
    """Partitions with the brokers they are to be on, and no counts."""
    return {
        "num_partitions": -1,
        "replication_factor": -1,
        "assignments": [
            Wanted.CreatableReplicaAssignment(partition_index=index, broker_ids=brokers)
            for index, brokers in brokers_of_partitions
        ],
    }


def configs(**values: str | None) -> dict[str, Any]:
    """Configs whose names have dots where Python has underscores."""
    return {
        "configs": [Wanted.CreatableTopicConfig(name=key.replace("_", "."), value=text) for key, text in values.items()]
    }


def create(broker: Broker, version: int, *topics: Any, **fields: Any) -> Any:
    return broker.ask(CREATE_TOPICS, version, **{"topics": list(topics), "timeout_ms": 10_000} | fields)


@scenario(CREATE_TOPICS)
def good_topics(broker: Broker, version: int) -> Answers:
    yield "one", create(broker, version, wanted(broker.name("one")))
    yield "it is there", shown(broker, broker.name("one"))
    yield "two", create(broker, version, wanted(broker.name("two"), num_partitions=3), wanted(broker.name("three")))
    yield (
        "with configs",
        create(
            broker,
            version,
            wanted(broker.name("four"), **configs(retention_ms="1000", cleanup_policy="compact,delete")),
        ),
    )
    yield "assigned", create(broker, version, wanted(broker.name("five"), **replicas((0, [1]), (1, [1]))))
    yield "none", create(broker, version)
    yield "only checked", create(broker, version, wanted(broker.name("six"), num_partitions=2), validate_only=True)
    yield "it is not there", shown(broker, broker.name("six"))
    if version >= 4:
        default = wanted(broker.name("seven"), num_partitions=-1, replication_factor=-1)
        yield "default counts", create(broker, version, default)
    yield "at once", create(broker, version, wanted(broker.name("eight")), timeout_ms=0)
    yield "a timeout of -1", create(broker, version, wanted(broker.name("nine")), timeout_ms=-1)


def shown(broker: Broker, name: str) -> Any:
    """What metadata says about a topic now; Kafka's broker learns of a topic a little after the controller."""
    asked = METADATA.request.type.MetadataRequestTopic(name=name)
    if name.endswith("one"):
        broker.wait_led(name)
    return broker.ask(METADATA, 9, topics=[asked], allow_auto_topic_creation=False)


@scenario(CREATE_TOPICS)
def bad_names(broker: Broker, version: int) -> Answers:
    for name in ("", ".", "..", "in valid", "sl/ash", "x" * 250, "é", "a\0b", "a:b"):
        yield f"{name!r:.20}", create(broker, version, wanted(name))
    yield "249 letters", create(broker, version, wanted(broker.name("x").ljust(249, "x")), validate_only=True)
    broker.topic("a_b")
    yield "there already", create(broker, version, wanted(broker.name("a_b")))
    yield "there already, only checked", create(broker, version, wanted(broker.name("a_b")), validate_only=True)
    yield "there already but for a dot", create(broker, version, wanted(broker.name("a.b")))
    yield (
        "twice in one",
        create(
            broker, version, wanted(broker.name("twice")), wanted(broker.name("twice")), wanted(broker.name("good"))
        ),
    )
    yield "an internal one", create(broker, version, wanted("__consumer_offsets"))
    yield "KRaft's own", create(broker, version, wanted("__cluster_metadata"))
    yield "two that collide", create(broker, version, wanted(broker.name("c_d")), wanted(broker.name("c.d")))


@scenario(CREATE_TOPICS)
def bad_counts(broker: Broker, version: int) -> Answers:
    def ask(label: str, **fields: Any) -> tuple[str, Any]:
        return label, create(broker, version, wanted(broker.name(label.replace(" ", "-")), **fields))

    yield ask("no partitions", num_partitions=0)
    yield ask("minus two partitions", num_partitions=-2)
    yield ask("no replicas", replication_factor=0)
    yield ask("minus two replicas", replication_factor=-2)
    yield ask("two replicas", replication_factor=2)
    yield ask("two replicas and no partitions", replication_factor=2, num_partitions=0)
    yield ask("ten million partitions", num_partitions=10_000_000)
    if version < 4:
        yield ask("default partitions", num_partitions=-1)
        yield ask("default replicas", replication_factor=-1)


@scenario(CREATE_TOPICS)
def bad_assignments(broker: Broker, version: int) -> Answers:
    def ask(label: str, *assigned: Any, **fields: Any) -> tuple[str, Any]:
        return label, create(
            broker, version, wanted(broker.name(label.replace(" ", "-")), **replicas(*assigned) | fields)
        )

    yield ask("an unknown broker", (0, [7]))
    yield ask("a negative broker", (0, [-1]))
    yield ask("no broker", (0, []))
    yield ask("the same broker twice", (0, [1, 1]))
    yield ask("partitions with a gap", (0, [1]), (2, [1]))
    yield ask("the same partition twice", (0, [1]), (0, [1]))
    yield ask("partitions from 1", (1, [1]))
    yield ask("unequal counts", (0, [1]), (1, [1, 7]))
    yield ask("with a count of partitions", (0, [1]), num_partitions=1)
    yield ask("with a count of replicas", (0, [1]), replication_factor=1)


@scenario(CREATE_TOPICS)
def bad_configs(broker: Broker, version: int) -> Answers:
    for key, value in (
        ("retention_ms", "often"),
        ("retention_ms", "-2"),
        ("retention_ms", ""),
        ("retention_ms", None),
        ("cleanup_policy", "burn"),
        ("compression_type", "rar"),
        ("max_message_bytes", "-1"),
        ("segment_bytes", "13"),
        ("min_insync_replicas", "0"),
        ("message_timestamp_type", "Never"),
        ("unheard_of", "1"),
        ("", "1"),
        ("message_format_version", "3.0"),
        ("delete_retention_ms", "1.5"),
        ("preallocate", "yes"),
        ("preallocate", "TRUE"),
        ("min_cleanable_dirty_ratio", "2"),
    ):
        topic = wanted(broker.name(f"{key}.{value}"), **configs(**{key: value}))
        yield f"{key}={value}", create(broker, version, topic, validate_only=True)
    twice = [Wanted.CreatableTopicConfig(name="retention.ms", value=text) for text in ("1", "2")]
    yield "the same config twice", create(broker, version, wanted(broker.name("t"), configs=twice), validate_only=True)
    both = configs(min_compaction_lag_ms="5", max_compaction_lag_ms="1")
    yield "configs that contradict", create(broker, version, wanted(broker.name("u"), **both), validate_only=True)
    remote = configs(remote_storage_enable="true")
    yield "remote storage", create(broker, version, wanted(broker.name("v"), **remote), validate_only=True)


def named(name: str | None, topic_id: bytes = bytes(16)) -> Any:
    return DELETE_TOPICS.request.type.DeleteTopicState(name=name, topic_id=topic_id)


def delete(broker: Broker, version: int, *topics: Any, timeout_ms: int = 10_000) -> Any:
    """Topics are names, or in version 6 also what `named` makes."""
    if version < 6:
        return broker.ask(DELETE_TOPICS, version, topic_names=list(topics), timeout_ms=timeout_ms)
    states = [named(topic) if isinstance(topic, str) else topic for topic in topics]
    return broker.ask(DELETE_TOPICS, version, topics=states, timeout_ms=timeout_ms)


@scenario(DELETE_TOPICS)
def deleted_by_name(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t", partitions=2)
    yield "unknown", delete(broker, version, broker.name("nowhere"))
    yield "no name", delete(broker, version, "")
    yield "an invalid name", delete(broker, version, "in valid/")
    yield "good", delete(broker, version, topic.name)
    yield "again", delete(broker, version, topic.name)
    broker.wait_metadata(topic.name, lambda found: found.error_code != 0)
    yield "it is gone", shown(broker, topic.name)
    yield "and can be made again", create(broker, 7, wanted(topic.name))
    yield "twice in one, and an unknown", delete(broker, version, topic.name, topic.name, broker.name("nowhere"))
    yield "none", delete(broker, version)
    again = broker.topic("u")
    yield "at once", delete(broker, version, again.name, timeout_ms=0)


@scenario(DELETE_TOPICS, since=6)
def deleted_by_id(broker: Broker, version: int) -> Answers:
    topic, other = broker.topic("t"), broker.topic("u")
    nowhere = Topic("", b"\x07" * 16)
    yield "unknown id", delete(broker, version, named(None, nowhere.topic_id))
    yield "neither", delete(broker, version, named(None))
    yield "both", delete(broker, version, named(topic.name, topic.topic_id))
    yield "id and name in one", delete(broker, version, named(None, topic.topic_id), named(topic.name))
    yield "the same id twice", delete(broker, version, named(None, topic.topic_id), named(None, topic.topic_id))
    yield "good", delete(broker, version, named(None, topic.topic_id))
    yield "again", delete(broker, version, named(None, topic.topic_id))
    yield "a good and a bad", delete(broker, version, named(None, other.topic_id), named(None, nowhere.topic_id))
