"""DescribeQuorum: who keeps the catalog, and how far each of them is.  This broker does, alone."""

from __future__ import annotations

from pykbroker_protocol.apis.describe_quorum import DescribeQuorumRequest, DescribeQuorumResponse
from pykbroker_protocol.errors import ErrorCode

from pykbroker.topics import names

from .broker import Broker
from .client import Client

_TopicAnswer = DescribeQuorumResponse.TopicData
_PartitionAnswer = _TopicAnswer.PartitionData


def describe_quorum(broker: Broker, request: DescribeQuorumRequest, client: Client) -> DescribeQuorumResponse:
    """The catalog's one partition; asked for anything else beside it, or instead, nothing is known at all.

    A node's listeners are those of its controller (KIP-853), of which this broker has none.
    """
    asked = [
        (topic.topic_name, partition.partition_index) for topic in request.topics for partition in topic.partitions
    ]
    if asked != [(names.CLUSTER_METADATA, 0)] or len(request.topics) > 1:
        return _unknown(request)
    log, timestamp = broker.catalog_log, broker.clock.timestamp()
    voter = _PartitionAnswer.ReplicaState(
        replica_id=broker.node_id,
        log_end_offset=log.log_end_offset,
        last_fetch_timestamp=timestamp,
        last_caught_up_timestamp=timestamp,
    )
    partition = _PartitionAnswer(
        leader_id=broker.node_id,
        leader_epoch=broker.catalog_epoch,
        high_watermark=log.high_watermark,
        current_voters=[voter],
    )
    return DescribeQuorumResponse(
        topics=[_TopicAnswer(topic_name=names.CLUSTER_METADATA, partitions=[partition])],
        nodes=[DescribeQuorumResponse.Node(node_id=broker.node_id)],
    )


def _unknown(request: DescribeQuorumRequest) -> DescribeQuorumResponse:
    return DescribeQuorumResponse(
        topics=[
            _TopicAnswer(
                topic_name=topic.topic_name,
                partitions=[
                    _PartitionAnswer(
                        partition_index=partition.partition_index,
                        error_code=ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                        error_message="This server does not host this topic-partition.",
                    )
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )
