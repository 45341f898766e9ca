"""DeleteRecords and OffsetDelete."""

from __future__ import annotations

from typing import Any

from both.batches import batch
from both.client import Broker
from pykbroker_protocol.apis.delete_records import DELETE_RECORDS
from pykbroker_protocol.apis.join_group import JOIN_GROUP
from pykbroker_protocol.apis.offset_delete import OFFSET_DELETE
from pykbroker_protocol.apis.offset_fetch import OFFSET_FETCH
from pykbroker_protocol.records.consumer_protocol import CONSUMER_PROTOCOL_SUBSCRIPTION, ConsumerProtocolSubscription

from pykbroker import codec

from . import Answers, scenario
from .groups import leave, stable
from .list_offsets import ask as list_offsets
from .offsets import commit, offsets_of

Records, Offsets = DELETE_RECORDS.request.type, OFFSET_DELETE.request.type


def delete(broker: Broker, version: int, name: str, *offsets: tuple[int, int], **fields: Any) -> Any:
    """Each is (partition, offset)."""
    asked = Records.DeleteRecordsTopic
    partitions = [asked.DeleteRecordsPartition(partition_index=index, offset=offset) for index, offset in offsets]
    topics = [asked(name=name, partitions=partitions)]
    return broker.ask(DELETE_RECORDS, version, **{"topics": topics, "timeout_ms": 1000} | fields)


@scenario(DELETE_RECORDS)
def records(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t", partitions=3)
    broker.produce(topic, batch(3), batch(2))
    broker.produce(topic, batch(3), partition=1)
    for offset in (2, 1, 0, 6, -2, 3, -1, 5):
        yield f"up to {offset}", delete(broker, version, topic.name, (0, offset))
        for timestamp in (-1, -2, -3, -4, 0):
            answer = list_offsets(broker, 8, topic, (0, timestamp))
            yield f"up to {offset}: offset of {timestamp}", answer
    yield "an empty partition", delete(broker, version, topic.name, (2, 0), (2, -1))
    yield "twice", delete(broker, version, topic.name, (1, 2), (1, 1))
    yield "unknown partitions", delete(broker, version, topic.name, (9, 0), (-1, 0), (1, 1))
    for timeout_ms in (0, -1):
        yield f"within {timeout_ms} ms", delete(broker, version, topic.name, (1, 2), timeout_ms=timeout_ms)
    broker.produce(topic, batch(2))
    yield "what comes next", list_offsets(broker, 8, topic, (0, -1), (1, -2))
    yield "no topic", delete(broker, version, topic.name, topics=[])


@scenario(DELETE_RECORDS)
def topics_that_keep_their_records(broker: Broker, version: int) -> Answers:
    for policy in ("compact", "compact,delete", "delete"):
        topic = broker.topic(policy.replace(",", "-"), cleanup_policy=policy)
        broker.produce(topic, batch(3))
        for offset in (1, 9):
            yield f"{policy} up to {offset}", delete(broker, version, topic.name, (0, offset))
    for name in ("__consumer_offsets", "__cluster_metadata", "nowhere", "", "in valid"):
        yield f"'{name}'", delete(broker, version, name, (0, 0))


def forget(broker: Broker, version: int, group: str, *topics: tuple[str, list[int]]) -> Any:
    asked = Offsets.OffsetDeleteRequestTopic
    return broker.ask(
        OFFSET_DELETE,
        version,
        group_id=group,
        topics=[
            asked(name=name, partitions=[asked.OffsetDeleteRequestPartition(partition_index=p) for p in partitions])
            for name, partitions in topics
        ],
    )


def left(broker: Broker, group: str) -> Any:
    """All offsets that the group still has."""
    return broker.ask(OFFSET_FETCH, 7, group_id=group, topics=None)


@scenario(OFFSET_DELETE)
def offsets(broker: Broker, version: int) -> Answers:
    topic, group = broker.topic("t", partitions=3), broker.name("g")
    one, two = (topic.name, [0]), (topic.name, [1])
    commit(broker, 8, group, offsets_of(topic, (0, 1), (1, 1), (2, 1)))
    yield "one, and some that are not", forget(broker, version, group, (topic.name, [0, 9, -1]), ("nowhere", [0, 1]))
    yield "left after one", left(broker, group)
    yield "one again", forget(broker, version, group, one)
    yield "the topic twice", forget(broker, version, group, two, (topic.name, [2, 2]))
    yield "left after all", left(broker, group)
    yield "no topic", forget(broker, version, group)
    yield "no partition", forget(broker, version, group, (topic.name, []))
    for unknown in ("nobody", ""):
        yield f"group '{unknown}'", forget(broker, version, unknown, one)
        yield f"group '{unknown}', no topic", forget(broker, version, unknown)


@scenario(OFFSET_DELETE)
def offsets_of_groups_with_members(broker: Broker, version: int) -> Answers:
    topic, group = broker.topic("t", partitions=2), broker.name("connect")
    commit(broker, 8, group, offsets_of(topic, (0, 1)))
    joined = stable(broker, group, protocol_type="connect")
    yield "no consumers", forget(broker, version, group, (topic.name, [0]))
    leave(broker, 2, group, (joined.member_id, None))
    yield "empty", forget(broker, version, group, (topic.name, [0]))
    other = broker.topic("other")
    for label, metadata in {"readers": subscribed(topic.name), "readers of nothing": subscribed()}.items():
        group = broker.name(label.replace(" ", "-"))
        commit(broker, 8, group, offsets_of(topic, (0, 1)), offsets_of(other, (0, 1)))
        range_of = JOIN_GROUP.request.type.JoinGroupRequestProtocol(name="range", metadata=metadata)
        joined = stable(broker, group, protocols=[range_of])
        yield label, forget(broker, version, group, (topic.name, [0, 9]), (other.name, [0]))
        yield f"{label}: left", left(broker, group)
        leave(broker, 2, group, (joined.member_id, None))
        yield f"{label}, gone", forget(broker, version, group, (topic.name, [0]))


def subscribed(*topics: str) -> bytes:
    subscription = ConsumerProtocolSubscription(topics=topics)
    return b"\0\0" + codec.encode(CONSUMER_PROTOCOL_SUBSCRIPTION, 0, subscription)
