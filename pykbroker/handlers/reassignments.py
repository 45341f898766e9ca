"""AlterPartitionReassignments and ListPartitionReassignments: a replica can only be where it is, so nothing ever moves.

Source of the texts: org.apache.kafka.controller.ReplicationControlManager.
"""

from __future__ import annotations

from pykbroker_protocol.apis.alter_partition_reassignments import (
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse,
)
from pykbroker_protocol.apis.list_partition_reassignments import (
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse,
)
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.topics.creation import check_brokers

from .broker import Broker
from .client import Client

_Asked = AlterPartitionReassignmentsRequest.ReassignableTopic.ReassignablePartition
_TopicAnswer = AlterPartitionReassignmentsResponse.ReassignableTopicResponse
_PartitionAnswer = _TopicAnswer.ReassignablePartitionResponse


def alter_partition_reassignments(
    broker: Broker, request: AlterPartitionReassignmentsRequest, client: Client
) -> AlterPartitionReassignmentsResponse:
    """A partition may be told to stay where it is; any other place is refused, and there is nothing to cancel.

    Raises:
        Refused: REQUEST_TIMED_OUT, of all of them.
    """
    allowed = request.allow_replication_factor_change
    if not request.topics:
        return AlterPartitionReassignmentsResponse(allow_replication_factor_change=allowed)
    if request.timeout_ms <= 0:  # Kafka's controller finds such a request late before it begins
        raise Refused(ErrorCode.REQUEST_TIMED_OUT)
    return AlterPartitionReassignmentsResponse(
        allow_replication_factor_change=allowed,
        error_message=None,
        responses=[
            _TopicAnswer(name=topic.name, partitions=[_answer(broker, topic.name, asked) for asked in topic.partitions])
            for topic in request.topics
        ],
    )


def list_partition_reassignments(
    broker: Broker, request: ListPartitionReassignmentsRequest, client: Client
) -> ListPartitionReassignmentsResponse:
    """None, whether what is asked for exists or not."""
    return ListPartitionReassignmentsResponse(error_message=None)


def _answer(broker: Broker, name: str, asked: _Asked) -> _PartitionAnswer:
    try:
        _reassign(broker, name, asked)
    except Refused as refused:
        return _PartitionAnswer(
            partition_index=asked.partition_index, error_code=refused.code, error_message=refused.why or None
        )
    return _PartitionAnswer(partition_index=asked.partition_index, error_message=None)


def _reassign(broker: Broker, name: str, asked: _Asked) -> None:
    topic = broker.catalog.topic_by_name(name)
    if topic is None:
        raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"Unable to find a topic named {name}.")
    if not 0 <= asked.partition_index < topic.partitions:
        why = f"Unable to find partition {name}:{asked.partition_index}."
        raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, why)
    if asked.replicas is None:  # cancel
        raise Refused(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS)
    check_brokers(asked.replicas, broker.node, expected=len(asked.replicas))
