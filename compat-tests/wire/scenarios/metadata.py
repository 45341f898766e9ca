"""Metadata: the cluster and its topics, by name, by id, and made on the way."""

from __future__ import annotations

from typing import Any

from both.client import Broker, Topic
from pykbroker_protocol.apis.metadata import METADATA

from . import Answers, scenario


def topics(*wanted: Topic) -> list[Any]:
    return [METADATA.request.type.MetadataRequestTopic(name=topic.name, topic_id=topic.topic_id) for topic in wanted]


def by_id(topic: Topic) -> Any:
    return METADATA.request.type.MetadataRequestTopic(name=None, topic_id=topic.topic_id)


def by_name(name: str) -> Any:
    return METADATA.request.type.MetadataRequestTopic(name=name)


def ask(broker: Broker, version: int, *wanted: Any, create: bool = False, **fields: Any) -> Any:
    """The topics asked for; before version 4 the broker may create them whatever the request says."""
    return broker.ask(METADATA, version, topics=list(wanted), allow_auto_topic_creation=create, **fields)


@scenario(METADATA)
def topics_by_name(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t", partitions=3)
    yield "one", ask(broker, version, by_name(topic.name))
    yield "twice", ask(broker, version, by_name(topic.name), by_name(topic.name))
    if version > 0:
        yield "none", ask(broker, version)
    if version >= 4:
        yield "unknown", ask(broker, version, by_name(broker.name("nowhere")), by_name(topic.name))
    broker.wait_coordinator("wire")
    (offsets,) = ask(broker, version, by_name("__consumer_offsets")).topics
    yield "an internal one", (offsets.error_code, offsets.is_internal, len(offsets.partitions))


@scenario(METADATA)
def all_topics(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    everything = broker.ask(METADATA, version, topics=None if version else [], allow_auto_topic_creation=True)
    mine = [found for found in everything.topics if found.name == topic.name]
    everything.topics = mine
    yield "all, reduced to one", everything


@scenario(METADATA)
def invalid_names(broker: Broker, version: int) -> Answers:
    for name in ("", ".", "..", "in valid", "sl/ash", broker.name("x").ljust(249, "x"), "x" * 250, "é", "a\0b"):
        for create in (False, True):
            if create or version >= 4:
                yield (
                    f"{name[-9:]!r} of {len(name)}, create={create}",
                    ask(broker, version, by_name(name), create=create),
                )


@scenario(METADATA)
def topics_made_on_the_way(broker: Broker, version: int) -> Answers:
    name = broker.name("auto")
    if version >= 4:
        yield "not allowed", ask(broker, version, by_name(name), create=False)
    yield "allowed", ask(broker, version, by_name(name), create=True)
    made = broker.wait_metadata(name, lambda topic: topic.error_code == 0)
    broker.topic_ids[made.topic_id] = "id of auto"
    yield "soon after", made
    like_dots, like_lines = broker.name("a_b"), broker.name("a.b")
    ask(broker, version, by_name(like_dots), create=True)
    broker.wait_metadata(like_dots, lambda topic: topic.error_code == 0)
    yield "a name that collides", ask(broker, version, by_name(like_lines), create=True)


@scenario(METADATA, since=8)
def authorized_operations(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    for of_topics in (False, True):
        for of_cluster in (False, True):
            yield (
                f"topics={of_topics} cluster={of_cluster}",
                ask(
                    broker,
                    version,
                    by_name(topic.name),
                    by_name(broker.name("nowhere")),
                    include_topic_authorized_operations=of_topics,
                    include_cluster_authorized_operations=of_cluster,
                ),
            )


@scenario(METADATA, since=10)
def topics_by_id(broker: Broker, version: int) -> Answers:
    topic, nowhere = broker.topic("t"), Topic(broker.name("nowhere"), b"\x07" * 16)
    yield "by id", ask(broker, version, by_id(topic))
    yield "by unknown id", ask(broker, version, by_id(nowhere))
    yield "by both", ask(broker, version, *topics(topic))
    yield "by unknown id and a name", ask(broker, version, *topics(nowhere))
    yield "by neither", ask(broker, version, by_id(Topic("")))
    yield "by id and by name in one", ask(broker, version, by_id(topic), by_name(topic.name))
    yield "by id, create", ask(broker, version, by_id(nowhere), create=True)
    yield "known and unknown id", ask(broker, version, by_id(topic), by_id(nowhere))


@scenario(METADATA, until=0)
def no_topics(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    yield "names them all", topic.name in [found.name for found in ask(broker, version).topics]
