"""ListOffsets: the offset of a timestamp, or of a place that has a number below zero."""

from __future__ import annotations

from pykbroker_protocol.apis.list_offsets import ListOffsetsRequest, ListOffsetsResponse
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.storage.partition_log import PartitionLog

from .broker import Broker
from .client import Client

_TopicAnswer = ListOffsetsResponse.ListOffsetsTopicResponse
_PartitionAnswer = _TopicAnswer.ListOffsetsPartitionResponse
_PartitionAsked = ListOffsetsRequest.ListOffsetsTopic.ListOffsetsPartition

LATEST = -1
EARLIEST = -2
MAX_TIMESTAMP = -3  # v7, KIP-734
EARLIEST_LOCAL = -4  # v8, KIP-405
LATEST_TIERED = -5  # v9, KIP-1005
EARLIEST_PENDING_UPLOAD = -6  # v11, KIP-1023
_SINCE_VERSION = {MAX_TIMESTAMP: 7, EARLIEST_LOCAL: 8, LATEST_TIERED: 9, EARLIEST_PENDING_UPLOAD: 11}

_READ_UNCOMMITTED, _READ_COMMITTED = 0, 1
_NOWHERE = (-1, -1, -1)


def list_offsets(broker: Broker, request: ListOffsetsRequest, client: Client) -> ListOffsetsResponse:
    """For each partition (timestamp, offset, leader epoch), each -1 where there is none."""
    asking = _Asking(broker, request, client.api_version)
    topics = [
        _TopicAnswer(name=name, partitions=[asking.answer(name, asked) for asked in partitions.values()])
        for name, partitions in asking.topics.items()
    ]
    return ListOffsetsResponse(topics=topics)


class _Asking:
    """One request.  topics: name -> partition -> what is asked of it; `twice` holds those that are asked for again."""

    def __init__(self, broker: Broker, request: ListOffsetsRequest, version: int) -> None:
        self._broker, self._version, self._isolation_level = broker, version, request.isolation_level
        self.topics: dict[str, dict[int, _PartitionAsked]] = {}
        self._twice: set[tuple[str, int]] = set()
        for topic in request.topics:
            for asked in topic.partitions:
                partitions = self.topics.setdefault(topic.name, {})
                if asked.partition_index in partitions:
                    self._twice.add((topic.name, asked.partition_index))
                partitions[asked.partition_index] = asked

    def answer(self, name: str, asked: _PartitionAsked) -> _PartitionAnswer:
        try:
            timestamp, offset, leader_epoch = self._look_up(name, asked)
        except Refused as refused:
            return _PartitionAnswer(partition_index=asked.partition_index, error_code=refused.code)
        return _PartitionAnswer(
            partition_index=asked.partition_index, timestamp=timestamp, offset=offset, leader_epoch=leader_epoch
        )

    def _look_up(self, name: str, asked: _PartitionAsked) -> tuple[int, int, int]:
        if (name, asked.partition_index) in self._twice:
            raise Refused(ErrorCode.INVALID_REQUEST, "asked for twice")
        if asked.timestamp < EARLIEST_PENDING_UPLOAD or self._version < _SINCE_VERSION.get(asked.timestamp, 0):
            raise Refused(ErrorCode.UNSUPPORTED_VERSION, f"{asked.timestamp} in version {self._version}")
        topic = self._broker.catalog.topic_by_name(name)
        if topic is None:
            raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        if self._isolation_level not in (_READ_UNCOMMITTED, _READ_COMMITTED):
            raise Refused(ErrorCode.UNKNOWN_SERVER_ERROR, f"isolation level {self._isolation_level}")
        log = self._broker.leader_log(topic, asked.partition_index, asked.current_leader_epoch)
        if asked.current_leader_epoch < -1:
            raise Refused(ErrorCode.FENCED_LEADER_EPOCH, f"no leader epoch: {asked.current_leader_epoch}")
        return _find(log, asked.timestamp, self._isolation_level == _READ_COMMITTED)


def _find(log: PartitionLog, timestamp: int, committed: bool) -> tuple[int, int, int]:
    end = log.last_stable_offset if committed else log.high_watermark
    if timestamp == LATEST:
        return -1, end, max(log.leader_epoch, 0)
    if timestamp in (EARLIEST, EARLIEST_LOCAL):
        return -1, log.log_start_offset, max(log.earliest_epoch(), 0)
    if timestamp in (LATEST_TIERED, EARLIEST_PENDING_UPLOAD):
        return _NOWHERE  # nothing is tiered
    found = log.offset_of_max_timestamp() if timestamp == MAX_TIMESTAMP else log.offset_for_timestamp(timestamp)
    return found if found is not None and found[1] < end else _NOWHERE
