"""Whether a topic can have more partitions, and the records that give it them.  Messages are Kafka's, word for word.

Source: org.apache.kafka.controller.ReplicationControlManager.
"""

from __future__ import annotations

from collections.abc import Sequence

from pykbroker_protocol.errors import ErrorCode, Refused

from .catalog import Topic
from .creation import NOWHERE, Node, check_brokers, partition_record
from .frames import Versioned


def check_growth(topic: Topic, count: int, assignments: Sequence[Sequence[int]] | None, node: Node) -> None:
    """Return if `topic` can have `count` partitions, the new ones on the brokers that `assignments` names, if any.

    Raises:
        Refused: INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR or INVALID_REPLICA_ASSIGNMENT.
    """
    if count == topic.partitions:
        raise Refused(ErrorCode.INVALID_PARTITIONS, f"Topic already has {count} partition(s).")
    if count < topic.partitions:
        raise Refused(
            ErrorCode.INVALID_PARTITIONS,
            f"The topic {topic.name} currently has {topic.partitions} partition(s); {count} would not be an increase.",
        )
    if assignments is None:
        if node.is_cordoned:
            raise Refused(ErrorCode.INVALID_REPLICATION_FACTOR, NOWHERE)
        return
    additional = count - topic.partitions
    if len(assignments) != additional:
        raise Refused(
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            f"Attempted to add {additional} additional partition(s), but only {len(assignments)} assignment(s) "
            "were specified.",
        )
    for brokers in assignments:
        check_brokers(brokers, node, expected=1)


def growth_records(topic: Topic, count: int, node: Node) -> list[Versioned]:
    """The records of the partitions that `topic` lacks to have `count`."""
    return [partition_record(topic.topic_id, partition, node) for partition in range(topic.partitions, count)]
