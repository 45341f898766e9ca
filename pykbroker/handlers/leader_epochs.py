"""OffsetForLeaderEpoch: where a leader epoch ended; a consumer sees by it whether a log was cut (KIP-320)."""

from __future__ import annotations

from pykbroker_protocol.apis.offset_for_leader_epoch import OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.topics.catalog import Topic

from .broker import Broker
from .client import Client

_TopicAnswer = OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult
_PartitionAnswer = _TopicAnswer.EpochEndOffset
_Asked = OffsetForLeaderEpochRequest.OffsetForLeaderTopic.OffsetForLeaderPartition

_NO_EPOCH, _NO_OFFSET = -1, -1


def offset_for_leader_epoch(
    broker: Broker, request: OffsetForLeaderEpochRequest, client: Client
) -> OffsetForLeaderEpochResponse:
    """For each partition the largest epoch up to the one asked for, and where it ended; -1 for one yet to come."""
    topics = []
    for asked in request.topics:
        topic = broker.catalog.topic_by_name(asked.topic)
        partitions = [_answer(broker, topic, partition) for partition in asked.partitions]
        topics.append(_TopicAnswer(topic=asked.topic, partitions=partitions))
    return OffsetForLeaderEpochResponse(topics=topics)


def _answer(broker: Broker, topic: Topic | None, asked: _Asked) -> _PartitionAnswer:
    try:
        leader_epoch, end_offset = _end_offset(broker, topic, asked)
    except Refused as refused:
        return _PartitionAnswer(partition=asked.partition, error_code=refused.code)
    return _PartitionAnswer(partition=asked.partition, leader_epoch=leader_epoch, end_offset=end_offset)


def _end_offset(broker: Broker, topic: Topic | None, asked: _Asked) -> tuple[int, int]:
    if topic is None:
        raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    log = broker.leader_log(topic, asked.partition, asked.current_leader_epoch)
    if asked.current_leader_epoch < _NO_EPOCH:
        raise Refused(ErrorCode.FENCED_LEADER_EPOCH, f"no leader epoch: {asked.current_leader_epoch}")
    epoch, current = asked.leader_epoch, topic.leader_epochs[asked.partition]
    if epoch == _NO_EPOCH or epoch > current:
        return _NO_EPOCH, _NO_OFFSET
    # The epoch of the present leader is the log's own from its first batch on, and begins before that.
    if epoch == current or log.leader_epoch == _NO_EPOCH:
        return epoch, log.log_end_offset
    return log.end_offset_for_epoch(min(epoch, log.leader_epoch))
