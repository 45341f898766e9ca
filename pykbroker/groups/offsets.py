"""The offsets that groups have committed, and what a commit, a deletion and a topic's end write.

Hard state only: it changes in `replay`.  Room is left for a rule that comes later: offsets of an open transaction are
held back until it ends.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest, OffsetCommitResponse
from pykbroker_protocol.apis.offset_delete import OffsetDeleteRequest, OffsetDeleteResponse
from pykbroker_protocol.errors import ErrorCode

from .records import Committed, Record, offset_record, offset_tombstone

_TopicAnswer = OffsetCommitResponse.OffsetCommitResponseTopic
_PartitionAnswer = _TopicAnswer.OffsetCommitResponsePartition

_Deleted = OffsetDeleteResponse.OffsetDeleteResponseTopic

_NO_RETENTION = -1
_END_OF_TIME = 2**63 - 1  # that a record can hold; clients ask for the largest retention there is

_NOTHING: Mapping[str, Mapping[int, Committed]] = {}


class Offsets:
    """group id -> topic -> partition -> what was committed."""

    def __init__(self) -> None:
        self._by_group: dict[str, dict[str, dict[int, Committed]]] = {}

    def of(self, group_id: str) -> Mapping[str, Mapping[int, Committed]]:
        """topic -> partition -> offset; nothing for a group that never committed."""
        return self._by_group.get(group_id, _NOTHING)

    def replay(self, group_id: str, topic: str, partition: int, committed: Committed | None) -> None:
        if committed is not None:
            self._by_group.setdefault(group_id, {}).setdefault(topic, {})[partition] = committed
            return
        topics = self._by_group.get(group_id, {})
        partitions = topics.get(topic, {})
        partitions.pop(partition, None)
        if not partitions:
            topics.pop(topic, None)
        if not topics:
            self._by_group.pop(group_id, None)

    def tombstones(self, group_id: str) -> list[Record]:
        """The records that end every offset of a group."""
        return [
            offset_tombstone(group_id, topic, partition)
            for topic, partitions in self.of(group_id).items()
            for partition in partitions
        ]

    def topic_tombstones(self, topic: str) -> dict[str, list[Record]]:
        """group id -> the records that end its offsets of `topic`."""
        return {
            group_id: [offset_tombstone(group_id, topic, partition) for partition in topics[topic]]
            for group_id, topics in self._by_group.items()
            if topic in topics
        }


def commit(
    request: OffsetCommitRequest, metadata_max_bytes: int, timestamp: int
) -> tuple[list[Record], OffsetCommitResponse]:
    """The records of a commit that is allowed, and its answer; too long a metadata text costs one partition only."""
    retention_ms = request.retention_time_ms
    expire_timestamp = -1 if retention_ms == _NO_RETENTION else min(timestamp + retention_ms, _END_OF_TIME)
    records: list[Record] = []
    topics = []
    for topic in request.topics:
        partitions = []
        for partition in topic.partitions:
            metadata = partition.committed_metadata or ""
            code = ErrorCode.NONE
            if _java_length(metadata) > metadata_max_bytes:
                code = ErrorCode.OFFSET_METADATA_TOO_LARGE
            else:
                committed = Committed(
                    partition.committed_offset,
                    partition.committed_leader_epoch,
                    metadata,
                    timestamp,
                    expire_timestamp,
                    topic.topic_id,
                )
                records.append(offset_record(request.group_id, topic.name, partition.partition_index, committed))
            partitions.append(_answer(partition.partition_index, code))
        topics.append(_topic_answer(topic, partitions))
    return records, OffsetCommitResponse(topics=topics)


def delete(
    request: OffsetDeleteRequest, committed: Mapping[str, Mapping[int, Committed]], subscribed: Container[str]
) -> tuple[list[Record], OffsetDeleteResponse]:
    """The records that end those `committed` offsets that are named and of no topic `subscribed` to, and the answer.

    An offset that is not there is as good as deleted.
    """
    ended: dict[tuple[str, int], Record] = {}
    topics = []
    for topic in request.topics:
        code = ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC if topic.name in subscribed else ErrorCode.NONE
        indexes = [partition.partition_index for partition in topic.partitions]
        for index in indexes:
            if not code and index in committed.get(topic.name, ()):
                ended[topic.name, index] = offset_tombstone(request.group_id, topic.name, index)
        partitions = [
            _Deleted.OffsetDeleteResponsePartition(partition_index=index, error_code=code) for index in indexes
        ]
        topics.append(_Deleted(name=topic.name, partitions=partitions))
    return list(ended.values()), OffsetDeleteResponse(topics=topics)


def commit_refused(request: OffsetCommitRequest, code: ErrorCode) -> OffsetCommitResponse:
    """`code` for every partition: the API has no other place for it."""
    return OffsetCommitResponse(
        topics=[
            _topic_answer(topic, [_answer(partition.partition_index, code) for partition in topic.partitions])
            for topic in request.topics
        ]
    )


def _answer(partition_index: int, code: ErrorCode) -> _PartitionAnswer:
    return _PartitionAnswer(partition_index=partition_index, error_code=code)


def _topic_answer(
    topic: OffsetCommitRequest.OffsetCommitRequestTopic, partitions: Sequence[_PartitionAnswer]
) -> _TopicAnswer:
    return _TopicAnswer(name=topic.name, topic_id=topic.topic_id, partitions=partitions)


def _java_length(text: str) -> int:
    # Kafka measures the text in UTF-16 units, whatever the setting's name says.
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
