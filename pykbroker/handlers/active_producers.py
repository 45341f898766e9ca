"""DescribeProducers: what each partition knows of its producers."""

from __future__ import annotations

from pykbroker_protocol.apis.describe_producers import DescribeProducersRequest, DescribeProducersResponse
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.topics import names
from pykbroker.topics.catalog import Topic

from .broker import Broker
from .client import Client

_TopicAnswer = DescribeProducersResponse.TopicResponse
_PartitionAnswer = _TopicAnswer.PartitionResponse


def describe_producers(broker: Broker, request: DescribeProducersRequest, client: Client) -> DescribeProducersResponse:
    """Every producer that is remembered, whether it still writes or not; what is wrong with a topic has a text."""
    return DescribeProducersResponse(topics=[_topic(broker, asked) for asked in request.topics])


def _topic(broker: Broker, asked: DescribeProducersRequest.TopicRequest) -> _TopicAnswer:
    try:
        topic = _found(broker, asked.name)
    except Refused as refused:
        partitions = [
            _PartitionAnswer(partition_index=index, error_code=refused.code, error_message=refused.why)
            for index in asked.partition_indexes
        ]
    else:
        partitions = [_partition(broker, topic, index) for index in asked.partition_indexes]
    return _TopicAnswer(name=asked.name, partitions=partitions)


def _found(broker: Broker, name: str) -> Topic:
    if illegal := names.why_illegal(name):
        raise Refused(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Topic name is invalid: {illegal}")
    if topic := broker.catalog.topic_by_name(name):
        return topic
    raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "This server does not host this topic-partition.")


def _partition(broker: Broker, topic: Topic, index: int) -> _PartitionAnswer:
    try:
        producers = broker.leader_log(topic, index).producers.entries()
    except Refused as refused:
        return _PartitionAnswer(partition_index=index, error_code=refused.code)
    return _PartitionAnswer(
        partition_index=index,
        active_producers=[
            _PartitionAnswer.ProducerState(
                producer_id=producer_id,
                producer_epoch=producer.producer_epoch,
                last_sequence=producer.last_sequence,
                last_timestamp=producer.last_timestamp,
                coordinator_epoch=producer.coordinator_epoch,
                current_txn_start_offset=producer.transaction_first_offset,
            )
            for producer_id, producer in producers.items()
        ],
    )
