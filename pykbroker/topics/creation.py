"""Whether a topic can come into being, and the records that make it so.  Messages are Kafka's, word for word.

Source: org.apache.kafka.controller.ReplicationControlManager.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.records.cluster_metadata import ConfigRecord, PartitionRecord, RemoveTopicRecord, TopicRecord

from . import names
from .catalog import TOPIC_RESOURCE, Catalog, Topic
from .frames import Versioned, to_frame

USE_DEFAULT = -1  # of num_partitions and replication_factor
NOWHERE = "All brokers are currently fenced, or have all their log directories cordoned."
_ANY_ID = b"id of some topic"
MAX_PARTITIONS = 10_000  # that one request may ask for


class Node(NamedTuple):
    """What a new topic has to know of the one node that will hold it.

    is_cordoned: it gets only what is assigned to it.
    """

    node_id: int
    directory_id: bytes
    is_cordoned: bool = False


class NewTopic(NamedTuple):
    """A topic that somebody wants.  `assignments`: (partition, brokers) as in the request, none for automatic ones."""

    name: str
    num_partitions: int = USE_DEFAULT
    replication_factor: int = USE_DEFAULT
    assignments: Sequence[tuple[int, Sequence[int]]] = ()
    configs: Mapping[str, str | None] | None = None


def check_name(catalog: Catalog, name: str) -> None:
    """Return if `name` is free and legal.

    Raises:
        Refused: INVALID_TOPIC_EXCEPTION or TOPIC_ALREADY_EXISTS.
    """
    if name in catalog.topics:
        raise Refused(ErrorCode.TOPIC_ALREADY_EXISTS, f"Topic '{name}' already exists.")
    if why := names.why_illegal(name):
        raise Refused(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Topic name is invalid: {why}")
    if names.may_collide(name) and (other := catalog.colliding(name)):
        raise Refused(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Topic '{name}' collides with existing topic: {other}")


def partition_count(new: NewTopic, node: Node, *, default_partitions: int, default_replication: int) -> int:
    """How many partitions `new` gets.

    Raises:
        Refused: INVALID_REQUEST, INVALID_REPLICA_ASSIGNMENT, INVALID_REPLICATION_FACTOR or INVALID_PARTITIONS.
    """
    if new.assignments:
        return _assigned(new, node)
    if new.replication_factor < -1 or new.replication_factor == 0:
        raise Refused(
            ErrorCode.INVALID_REPLICATION_FACTOR,
            "Replication factor must be larger than 0, or -1 to use the default value.",
        )
    if new.num_partitions < -1 or new.num_partitions == 0:
        raise Refused(ErrorCode.INVALID_PARTITIONS, "Number of partitions was set to an invalid non-positive value.")
    replicas = default_replication if new.replication_factor == USE_DEFAULT else new.replication_factor
    if node.is_cordoned:
        raise Refused(
            ErrorCode.INVALID_REPLICATION_FACTOR, f"Unable to replicate the partition {replicas} time(s): {NOWHERE}"
        )
    if replicas > 1:
        raise Refused(
            ErrorCode.INVALID_REPLICATION_FACTOR,
            f"Unable to replicate the partition {replicas} time(s): The target replication factor of {replicas} "
            "cannot be reached because only 1 broker(s) are registered or some brokers have all their log directories "
            "cordoned.",
        )
    return default_partitions if new.num_partitions == USE_DEFAULT else new.num_partitions


def _assigned(new: NewTopic, node: Node) -> int:
    for given, what in ((new.replication_factor, "replication factor"), (new.num_partitions, "numPartitions")):
        if given != USE_DEFAULT:
            why = f"A manual partition assignment was specified, but {what} was not set to -1."
            raise Refused(ErrorCode.INVALID_REQUEST, why)
    seen: set[int] = set()
    for partition, brokers in new.assignments:
        if partition in seen:
            raise _misassigned(f"Found multiple manual partition assignments for partition {partition}")
        seen.add(partition)
        check_brokers(brokers, node, expected=len(new.assignments[0][1]))
    if seen != set(range(len(seen))):
        raise _misassigned("partitions should be a consecutive 0-based integer sequence")
    return len(seen)


def check_brokers(brokers: Sequence[int], node: Node, *, expected: int) -> None:
    """Return if a partition can have its replicas on `brokers`, as many as `expected`.

    Raises:
        Refused: INVALID_REPLICA_ASSIGNMENT.
    """
    if not brokers:
        raise _misassigned("The manual partition assignment includes an empty replica list.")
    for broker in sorted(brokers):
        if broker != node.node_id:
            raise _misassigned(
                f"The manual partition assignment includes broker {broker}, but no such broker is registered."
            )
    if len(set(brokers)) != len(brokers):
        raise _misassigned(f"The manual partition assignment includes the broker {brokers[0]} more than once.")
    if len(brokers) != expected:
        raise _misassigned(
            f"The manual partition assignment includes a partition with {len(brokers)} replica(s), but this is not "
            f"consistent with previous partitions, which have {expected} replica(s)."
        )


def _misassigned(why: str) -> Refused:
    return Refused(ErrorCode.INVALID_REPLICA_ASSIGNMENT, why)


def creation_records(new: NewTopic, topic_id: bytes, partitions: int, node: Node) -> list[Versioned]:
    """The records of a topic's birth, in KRaft's order: topic, configs, partitions."""
    records = [Versioned(TopicRecord(name=new.name, topic_id=topic_id))]
    for name, value in (new.configs or {}).items():
        config = ConfigRecord(resource_type=TOPIC_RESOURCE, resource_name=new.name, name=name, value=value)
        records.append(Versioned(config))
    records += [partition_record(topic_id, partition, node) for partition in range(partitions)]
    return records


def partition_record(topic_id: bytes, partition: int, node: Node) -> Versioned:
    """The record of a partition's birth."""
    record, (before, behind) = _new_partition(topic_id, partition, node), _around_ids(node)
    return Versioned(record, 1, b"".join((before, partition.to_bytes(4, "big"), topic_id, behind)))


@lru_cache(1)
def _around_ids(node: Node) -> tuple[bytes, bytes]:
    """What all such frames have in common: before the partition and the topic's id, and behind them."""
    before, behind = to_frame(Versioned(_new_partition(_ANY_ID, 0, node), 1)).split(bytes(4) + _ANY_ID)
    return before, behind


def _new_partition(topic_id: bytes, partition: int, node: Node) -> PartitionRecord:
    return PartitionRecord(
        partition_id=partition,
        topic_id=topic_id,
        replicas=[node.node_id],
        isr=[node.node_id],
        leader=node.node_id,
        leader_epoch=0,
        partition_epoch=0,
        directories=[node.directory_id],
    )


def deletion_records(topic: Topic) -> list[Versioned]:
    """The record of a topic's end."""
    return [Versioned(RemoveTopicRecord(topic_id=topic.topic_id))]
