"""OffsetDelete: partitions that do not exist are refused here, what the group thinks of the rest is its business."""

from __future__ import annotations

from pykbroker_protocol.apis.offset_delete import OffsetDeleteRequest, OffsetDeleteResponse
from pykbroker_protocol.errors import ErrorCode

from .broker import Broker
from .client import Client

_PartitionAnswer = OffsetDeleteResponse.OffsetDeleteResponseTopic.OffsetDeleteResponsePartition


def offset_delete(broker: Broker, request: OffsetDeleteRequest, client: Client) -> OffsetDeleteResponse:
    """What is wrong with the group is told at the top, and nothing else then."""
    absent = [_take_absent(broker, topic) for topic in request.topics]
    response: OffsetDeleteResponse = broker.groups.ask(broker.groups.machine.delete_offsets, request)
    if response.error_code:
        return response
    for topic, refused in zip(response.topics, absent, strict=True):
        topic.partitions = [*refused, *topic.partitions]
    response.topics = [topic for topic in response.topics if topic.partitions]
    return response


def _take_absent(broker: Broker, asked: OffsetDeleteRequest.OffsetDeleteRequestTopic) -> list[_PartitionAnswer]:
    """The answers for partitions that do not exist, which `asked` names no more."""
    topic = broker.catalog.topic_by_name(asked.name)
    present = range(topic.partitions if topic else 0)
    code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    refused = [
        _PartitionAnswer(partition_index=partition.partition_index, error_code=code)
        for partition in asked.partitions
        if partition.partition_index not in present
    ]
    asked.partitions = [partition for partition in asked.partitions if partition.partition_index in present]
    return refused
