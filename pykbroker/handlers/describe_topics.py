"""DescribeTopicPartitions: topics in the order of their names, page by page (KIP-966)."""

from __future__ import annotations

from pykbroker_protocol.apis.describe_topic_partitions import (
    DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsResponse,
)
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.topics import names
from pykbroker.topics.catalog import Topic

from .authorized import ON_TOPIC
from .broker import Broker
from .client import Client

_TopicAnswer = DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic
_Partition = _TopicAnswer.DescribeTopicPartitionsResponsePartition
_NextCursor = DescribeTopicPartitionsResponse.Cursor


def describe_topic_partitions(
    broker: Broker, request: DescribeTopicPartitionsRequest, client: Client
) -> DescribeTopicPartitionsResponse:
    """The topics asked for, or all, from the cursor on, until the page is full; `next_cursor` is where the next begins.

    A page holds one partition at least and `max.request.partition.size.limit` at most; topics that have none, or do
    not exist, do not count.

    Raises:
        Refused: INVALID_REQUEST if the cursor is not among the topics asked for, or its partition negative.
    """
    wanted = {topic.name for topic in request.topics} or broker.catalog.topics.keys()
    first_topic, first_partition = _start(request)
    room = max(1, min(broker.config.max_request_partition_size_limit, request.response_partition_limit))
    answers: list[_TopicAnswer] = []
    for name in sorted(name for name in wanted if name >= first_topic):
        if not name:
            raise Refused(ErrorCode.UNKNOWN_SERVER_ERROR, "a topic without a name")
        if not room:
            return DescribeTopicPartitionsResponse(topics=answers, next_cursor=_NextCursor(topic_name=name))
        topic = broker.catalog.topic_by_name(name)
        if topic is None:
            answers.append(_absent(name))
            continue
        begin = first_partition if name == first_topic else 0
        partitions = range(topic.partitions)[begin : begin + room]
        answers.append(_answer(topic, partitions, broker.node_id))
        room -= len(partitions)
        if begin + len(partitions) < topic.partitions:
            cursor = _NextCursor(topic_name=name, partition_index=partitions.stop)
            return DescribeTopicPartitionsResponse(topics=answers, next_cursor=cursor)
    return DescribeTopicPartitionsResponse(topics=answers)


def _start(request: DescribeTopicPartitionsRequest) -> tuple[str, int]:
    """The topic and the partition that a page begins with."""
    cursor = request.cursor
    if cursor is None:
        return "", 0
    if request.topics and cursor.topic_name not in {topic.name for topic in request.topics}:
        raise Refused(ErrorCode.INVALID_REQUEST, f"the topics asked for do not contain {cursor.topic_name!r}")
    if cursor.partition_index < 0:
        raise Refused(ErrorCode.INVALID_REQUEST, f"a cursor at partition {cursor.partition_index}")
    return cursor.topic_name, cursor.partition_index


def _answer(topic: Topic, partitions: range, node_id: int) -> _TopicAnswer:
    node = [node_id]
    return _TopicAnswer(
        name=topic.name,
        topic_id=topic.topic_id,
        is_internal=topic.is_internal,
        partitions=[
            _Partition(
                partition_index=partition,
                leader_id=node_id,
                leader_epoch=topic.leader_epochs[partition],
                replica_nodes=node,
                isr_nodes=node,
                eligible_leader_replicas=[],
                last_known_elr=[],
            )
            for partition in partitions
        ],
        topic_authorized_operations=ON_TOPIC,
    )


def _absent(name: str) -> _TopicAnswer:
    illegal = names.why_illegal(name)
    return _TopicAnswer(
        error_code=ErrorCode.INVALID_TOPIC_EXCEPTION if illegal else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        name=name,
        is_internal=name in names.INTERNAL,
        topic_authorized_operations=ON_TOPIC,
    )
