"""DeleteRecords: partitions start at a later offset from now on."""

from __future__ import annotations

import logging

from pykbroker_protocol.apis.delete_records import DeleteRecordsRequest, DeleteRecordsResponse
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.storage.deletion import Doomed, delete_before
from pykbroker.storage.partition_log import PartitionLog

from .broker import Broker
from .client import Client

_log = logging.getLogger("pykbroker.broker")

_TopicAnswer = DeleteRecordsResponse.DeleteRecordsTopicResult
_PartitionAnswer = _TopicAnswer.DeleteRecordsPartitionResult

_HIGH_WATERMARK = -1  # as an offset: delete all there is
_NO_OFFSET = -1


def delete_records(broker: Broker, request: DeleteRecordsRequest, client: Client) -> DeleteRecordsResponse:
    """Answered with where each partition starts, when that is on disk; of several offsets for one the last counts.

    Raises:
        Refused: KAFKA_STORAGE_ERROR, of all of them, if a restart would not know the new starts.
    """
    offsets = {
        (topic.name, partition.partition_index): partition.offset
        for topic in request.topics
        for partition in topic.partitions
    }
    moved: list[PartitionLog] = []
    doomed: list[Doomed] = []
    topics: dict[str, _TopicAnswer] = {}
    for (name, index), offset in offsets.items():
        topic = topics.get(name) or topics.setdefault(name, _TopicAnswer(name=name, partitions=[]))
        try:
            log = _delete(broker, name, index, offset, doomed)
        except Refused as refused:
            code, low_watermark = refused.code, _NO_OFFSET
        else:
            moved.append(log)
            code, low_watermark = ErrorCode.NONE, log.log_start_offset
        topic.partitions.append(_PartitionAnswer(partition_index=index, low_watermark=low_watermark, error_code=code))
    try:
        broker.data.checkpoint_starts(moved)
        broker.data.condemn(doomed)
    except OSError as fault:
        raise Refused(ErrorCode.KAFKA_STORAGE_ERROR, f"the starts of logs were not written: {fault}") from fault
    return DeleteRecordsResponse(topics=list(topics.values()))


def _delete(broker: Broker, name: str, index: int, offset: int, doomed: list[Doomed]) -> PartitionLog:
    topic = broker.catalog.topic_by_name(name)
    if topic is None:
        raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    log = broker.leader_log(topic, index)
    if topic.is_internal:
        raise Refused(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Cannot delete records of internal topic {name}.")
    if "delete" not in log.config.cleanup_policy:
        raise Refused(ErrorCode.POLICY_VIOLATION, f"cleanup.policy of {name} does not allow to delete records")
    before = log.log_start_offset
    deleted = delete_before(log, log.high_watermark if offset == _HIGH_WATERMARK else offset)
    if deleted is not None:
        doomed.append(deleted)
    if log.log_start_offset > before:
        _log.info("records deleted: partition=%s start_offset=%d before=%d", log.name, log.log_start_offset, before)
    return log
