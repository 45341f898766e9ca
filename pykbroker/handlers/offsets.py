"""OffsetCommit and OffsetFetch: which topics they mean, and what each version calls them."""

from __future__ import annotations

from typing import Any

from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest, OffsetCommitResponse
from pykbroker_protocol.apis.offset_fetch import OffsetFetchRequest, OffsetFetchResponse
from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.types import NO_UUID

from pykbroker.groups.records import Committed
from pykbroker.topics.catalog import Topic

from .broker import Broker
from .client import Client

_FIRST_WITH_TOPIC_IDS = 10  # KIP-848, of both APIs
_FIRST_FETCH_OF_SEVERAL_GROUPS = 8  # KIP-709

_CommitTopic = OffsetCommitResponse.OffsetCommitResponseTopic
_FetchTopic = OffsetFetchResponse.OffsetFetchResponseTopic
_FetchGroup = OffsetFetchResponse.OffsetFetchResponseGroup


def offset_commit(broker: Broker, request: OffsetCommitRequest, client: Client) -> OffsetCommitResponse:
    """Answered at once; what is wrong with one topic or partition does not keep the others from being committed."""
    known, refused = _known_topics(broker, request, by_id=client.api_version >= _FIRST_WITH_TOPIC_IDS)
    if not known:
        return OffsetCommitResponse(topics=list(refused.values()))
    request.topics = known
    response: OffsetCommitResponse = broker.groups.ask(broker.groups.machine.commit, request, client)
    for topic in response.topics:
        if earlier := refused.pop((topic.name, topic.topic_id), None):
            topic.partitions = [*earlier.partitions, *topic.partitions]
    response.topics = [*refused.values(), *response.topics]
    return response


def offset_fetch(broker: Broker, request: OffsetFetchRequest, client: Client) -> OffsetFetchResponse:
    """What was committed; -1 for what was not, whether or not such a group, topic or partition exists.

    Raises:
        Refused: NOT_COORDINATOR, if what one of the groups committed could not be read.
    """
    asked_for = [request] if client.api_version < _FIRST_FETCH_OF_SEVERAL_GROUPS else request.groups
    if not all(broker.has_loaded(asked.group_id) for asked in asked_for):
        raise Refused(ErrorCode.NOT_COORDINATOR)
    if client.api_version < _FIRST_FETCH_OF_SEVERAL_GROUPS:
        return OffsetFetchResponse(topics=_offsets(broker, request, _FetchTopic, by_id=False))
    by_id = client.api_version >= _FIRST_WITH_TOPIC_IDS
    return OffsetFetchResponse(
        groups=[
            _FetchGroup(
                group_id=asked.group_id,
                topics=_offsets(broker, asked, _FetchGroup.OffsetFetchResponseTopics, by_id=by_id),
            )
            for asked in request.groups
        ]
    )


def _known_topics(
    broker: Broker, request: OffsetCommitRequest, *, by_id: bool
) -> tuple[list[Any], dict[tuple[str, bytes], Any]]:
    """The topics that exist, with name and id and their existing partitions only; and the answers for all the rest."""
    known: list[Any] = []
    refused: dict[tuple[str, bytes], Any] = {}
    for asked in request.topics:
        topic = _find(broker, asked, by_id=by_id)
        code, partitions = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 0
        if topic is not None:
            asked.name, asked.topic_id, partitions = topic.name, topic.topic_id, topic.partitions
        elif by_id:
            code = ErrorCode.UNKNOWN_TOPIC_ID
        absent = [p.partition_index for p in asked.partitions if not 0 <= p.partition_index < partitions]
        if absent or not partitions:
            answer = _CommitTopic.OffsetCommitResponsePartition
            refused[asked.name, asked.topic_id] = _CommitTopic(
                name=asked.name,
                topic_id=asked.topic_id,
                partitions=[answer(partition_index=index, error_code=code) for index in absent],
            )
            asked.partitions = [p for p in asked.partitions if 0 <= p.partition_index < partitions]
        if asked.partitions:
            known.append(asked)
    return known, refused


def _offsets(broker: Broker, asked: Any, topic_type: Any, *, by_id: bool) -> list[Any]:
    """The offsets of `asked`, a group with topics, as answers of `topic_type`."""
    committed = broker.groups.machine.committed(asked.group_id)
    if asked.topics is None:
        return _all_offsets(broker, committed, topic_type, by_id=by_id)
    answer = _partition_type(topic_type)
    answers = []
    for topic in asked.topics:
        found = _find(broker, topic, by_id=by_id) if by_id else None
        offsets = committed.get(found.name if found else topic.name, {})
        code = ErrorCode.UNKNOWN_TOPIC_ID if by_id and found is None else ErrorCode.NONE
        partitions = []
        for index in topic.partition_indexes:
            offset = offsets.get(index)
            if code or offset is None or (by_id and offset.topic_id not in (NO_UUID, topic.topic_id)):
                partitions.append(answer(partition_index=index, committed_offset=-1, error_code=code))
            else:
                partitions.append(_answer(answer, index, offset))
        answers.append(_topic(topic_type, topic.name, getattr(topic, "topic_id", NO_UUID), partitions))
    return answers


def _all_offsets(broker: Broker, committed: Any, topic_type: Any, *, by_id: bool) -> list[Any]:
    answer = _partition_type(topic_type)
    answers = []
    for name, offsets in committed.items():
        topic = broker.catalog.topic_by_name(name)
        if by_id and topic is None:
            continue  # it is gone, and there is no other way to name it
        partitions = [_answer(answer, index, offset) for index, offset in offsets.items()]
        answers.append(_topic(topic_type, name, topic.topic_id if topic else NO_UUID, partitions))
    return answers


def _find(broker: Broker, named: Any, *, by_id: bool) -> Topic | None:
    return broker.catalog.topic_by_id(named.topic_id) if by_id else broker.catalog.topic_by_name(named.name)


def _answer(answer: Any, index: int, committed: Committed) -> Any:
    return answer(
        partition_index=index,
        committed_offset=committed.offset,
        committed_leader_epoch=committed.leader_epoch,
        metadata=committed.metadata,
    )


def _partition_type(topic_type: Any) -> Any:
    return (
        topic_type.OffsetFetchResponsePartition
        if topic_type is _FetchTopic
        else topic_type.OffsetFetchResponsePartitions
    )


def _topic(topic_type: Any, name: str, topic_id: bytes, partitions: list[Any]) -> Any:
    if topic_type is _FetchTopic:
        return topic_type(name=name, partitions=partitions)
    return topic_type(name=name, topic_id=topic_id, partitions=partitions)
