"""ElectLeaders: every partition has its leader already, the one broker there is.

Source of the texts: org.apache.kafka.controller.ReplicationControlManager.
"""

from __future__ import annotations

from pykbroker_protocol.apis.elect_leaders import ELECT_LEADERS, ElectLeadersRequest, ElectLeadersResponse
from pykbroker_protocol.errors import ErrorCode, Refused

from .broker import Broker
from .client import Client
from .refusals import each_election

_TopicAnswer = ElectLeadersResponse.ReplicaElectionResult
_PartitionAnswer = _TopicAnswer.PartitionResult

_PREFERRED, _UNCLEAN = 0, 1  # org.apache.kafka.common.ElectionType


def elect_leaders(broker: Broker, request: ElectLeadersRequest, client: Client) -> ElectLeadersResponse:
    """ELECTION_NOT_NEEDED for what exists.  Asked for all partitions, only elections that took place are told: none.

    Raises:
        Refused: REQUEST_TIMED_OUT, of all of them.
    """
    if request.timeout_ms <= 0:  # Kafka's controller finds such a request late before it begins
        raise Refused(ErrorCode.REQUEST_TIMED_OUT)
    if request.election_type not in (_PREFERRED, _UNCLEAN):
        why = f"Unknown election type {request.election_type}"
        refused: ElectLeadersResponse = each_election(
            ELECT_LEADERS, request, ErrorCode.INVALID_REQUEST, client.api_version, why
        )
        return refused
    if request.topic_partitions is None:
        return ElectLeadersResponse(
            replica_election_results=[_TopicAnswer(topic=name) for name in broker.catalog.topics]
        )
    return ElectLeadersResponse(
        replica_election_results=[
            _TopicAnswer(
                topic=asked.topic,
                partition_result=[_elect(broker, asked.topic, partition) for partition in asked.partitions],
            )
            for asked in request.topic_partitions
        ]
    )


def _elect(broker: Broker, name: str, partition: int) -> _PartitionAnswer:
    topic = broker.catalog.topic_by_name(name)
    if topic is None:
        code, why = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"No such topic as {name}"
    elif not 0 <= partition < topic.partitions:
        code, why = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"No such partition as {name}-{partition}"
    else:
        code, why = ErrorCode.ELECTION_NOT_NEEDED, "Leader election not needed for topic partition."
    return _PartitionAnswer(partition_id=partition, error_code=code, error_message=why)
