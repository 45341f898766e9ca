"""Where a refusal of a whole request stands in its response: at the top, or at everything that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pykbroker_protocol.apis.alter_configs import AlterConfigsResponse
from pykbroker_protocol.apis.alter_partition_reassignments import AlterPartitionReassignmentsResponse
from pykbroker_protocol.apis.alter_replica_log_dirs import AlterReplicaLogDirsResponse
from pykbroker_protocol.apis.create_partitions import CreatePartitionsResponse
from pykbroker_protocol.apis.create_topics import CreateTopicsResponse
from pykbroker_protocol.apis.delete_groups import DeleteGroupsResponse
from pykbroker_protocol.apis.delete_records import DeleteRecordsResponse
from pykbroker_protocol.apis.delete_topics import DeleteTopicsResponse
from pykbroker_protocol.apis.describe_configs import DescribeConfigsResponse
from pykbroker_protocol.apis.describe_groups import DescribeGroupsResponse
from pykbroker_protocol.apis.describe_producers import DescribeProducersResponse
from pykbroker_protocol.apis.describe_topic_partitions import DescribeTopicPartitionsResponse
from pykbroker_protocol.apis.elect_leaders import ElectLeadersResponse
from pykbroker_protocol.apis.find_coordinator import FindCoordinatorResponse
from pykbroker_protocol.apis.incremental_alter_configs import IncrementalAlterConfigsResponse
from pykbroker_protocol.apis.list_offsets import ListOffsetsResponse
from pykbroker_protocol.apis.metadata import MetadataResponse
from pykbroker_protocol.apis.offset_commit import OffsetCommitResponse
from pykbroker_protocol.apis.offset_fetch import OffsetFetchResponse
from pykbroker_protocol.apis.offset_for_leader_epoch import OffsetForLeaderEpochResponse
from pykbroker_protocol.apis.produce import ProduceResponse
from pykbroker_protocol.errors import ErrorCode
from pykbroker_protocol.messages import Api

Refusal = Callable[[Any, ErrorCode, int], Any]
"""(request, code, version) -> the response that says so."""


def top_level(api: Api) -> Refusal:
    """The response has an error code of its own."""
    response = api.response.type
    return lambda request, code, version: response(error_code=code)


def each_produced(request: Any, code: ErrorCode, version: int) -> ProduceResponse:
    answer = ProduceResponse.TopicProduceResponse
    return ProduceResponse(
        responses=[
            answer(
                name=topic.name,
                topic_id=topic.topic_id,
                partition_responses=[
                    answer.PartitionProduceResponse(index=partition.index, error_code=code, base_offset=-1)
                    for partition in topic.partition_data
                ],
            )
            for topic in request.topic_data
        ]
    )


def each_offset(request: Any, code: ErrorCode, version: int) -> ListOffsetsResponse:
    answer = ListOffsetsResponse.ListOffsetsTopicResponse
    return ListOffsetsResponse(
        topics=[
            answer(
                name=topic.name,
                partitions=[
                    answer.ListOffsetsPartitionResponse(partition_index=partition.partition_index, error_code=code)
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


def each_described_topic(request: Any, code: ErrorCode, version: int) -> MetadataResponse:
    answer = MetadataResponse.MetadataResponseTopic
    asked = request.topics or []
    topics = [answer(error_code=code, name=topic.name or "", topic_id=topic.topic_id) for topic in asked]
    return MetadataResponse(topics=topics, error_code=code)


def each_commit(request: Any, code: ErrorCode, version: int) -> OffsetCommitResponse:
    answer = OffsetCommitResponse.OffsetCommitResponseTopic
    return OffsetCommitResponse(
        topics=[
            answer(
                name=topic.name,
                topic_id=topic.topic_id,
                partitions=[
                    answer.OffsetCommitResponsePartition(partition_index=partition.partition_index, error_code=code)
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


def each_fetched_group(request: Any, code: ErrorCode, version: int) -> OffsetFetchResponse:
    if version < 8:
        return OffsetFetchResponse(error_code=code)
    group = OffsetFetchResponse.OffsetFetchResponseGroup
    return OffsetFetchResponse(groups=[group(group_id=asked.group_id, error_code=code) for asked in request.groups])


def each_coordinator(request: Any, code: ErrorCode, version: int) -> FindCoordinatorResponse:
    if version < 4:
        return FindCoordinatorResponse(error_code=code, node_id=-1, port=-1)
    found = FindCoordinatorResponse.Coordinator
    return FindCoordinatorResponse(
        coordinators=[found(key=key, node_id=-1, port=-1, error_code=code) for key in request.coordinator_keys]
    )


def each_described_group(request: Any, code: ErrorCode, version: int) -> DescribeGroupsResponse:
    group = DescribeGroupsResponse.DescribedGroup
    return DescribeGroupsResponse(groups=[group(group_id=name, error_code=code) for name in request.groups])


def each_deleted_group(request: Any, code: ErrorCode, version: int) -> DeleteGroupsResponse:
    result = DeleteGroupsResponse.DeletableGroupResult
    return DeleteGroupsResponse(results=[result(group_id=name, error_code=code) for name in request.groups_names])


def each_created_topic(request: Any, code: ErrorCode, version: int) -> CreateTopicsResponse:
    result = CreateTopicsResponse.CreatableTopicResult
    names = dict.fromkeys(topic.name for topic in request.topics)
    return CreateTopicsResponse(
        topics=[result(name=name, error_code=code, error_message=None, configs=[]) for name in names]
    )


def each_deleted_topic(request: Any, code: ErrorCode, version: int) -> DeleteTopicsResponse:
    result = DeleteTopicsResponse.DeletableTopicResult
    by_name = [result(name=name, error_code=code) for name in request.topic_names]
    by_state = [result(name=topic.name, topic_id=topic.topic_id, error_code=code) for topic in request.topics]
    return DeleteTopicsResponse(responses=by_name or by_state)


def each_grown_topic(request: Any, code: ErrorCode, version: int) -> CreatePartitionsResponse:
    result = CreatePartitionsResponse.CreatePartitionsTopicResult
    return CreatePartitionsResponse(results=[result(name=topic.name, error_code=code) for topic in request.topics])


def each_paged_topic(request: Any, code: ErrorCode, version: int) -> DescribeTopicPartitionsResponse:
    answer = DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic
    return DescribeTopicPartitionsResponse(
        topics=[answer(error_code=code, name=topic.name) for topic in request.topics]
    )


def each_epoch(request: Any, code: ErrorCode, version: int) -> OffsetForLeaderEpochResponse:
    answer = OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult
    return OffsetForLeaderEpochResponse(
        topics=[
            answer(
                topic=topic.topic,
                partitions=[
                    answer.EpochEndOffset(partition=partition.partition, error_code=code)
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


def each_partition_of_producers(request: Any, code: ErrorCode, version: int) -> DescribeProducersResponse:
    answer = DescribeProducersResponse.TopicResponse
    return DescribeProducersResponse(
        topics=[
            answer(
                name=topic.name,
                partitions=[
                    answer.PartitionResponse(partition_index=index, error_code=code)
                    for index in topic.partition_indexes
                ],
            )
            for topic in request.topics
        ]
    )


def each_moved_replica(request: Any, code: ErrorCode, version: int) -> AlterReplicaLogDirsResponse:
    answer = AlterReplicaLogDirsResponse.AlterReplicaLogDirTopicResult
    return AlterReplicaLogDirsResponse(
        results=[
            answer(
                topic_name=topic.name,
                partitions=[
                    answer.AlterReplicaLogDirPartitionResult(partition_index=index, error_code=code)
                    for index in topic.partitions
                ],
            )
            for directory in request.dirs
            for topic in directory.topics
        ]
    )


def each_election(request: Any, code: ErrorCode, version: int, why: str | None = None) -> ElectLeadersResponse:
    answer = ElectLeadersResponse.ReplicaElectionResult
    return ElectLeadersResponse(
        error_code=code,  # which version 0 has no place for
        replica_election_results=[
            answer(
                topic=topic.topic,
                partition_result=[
                    answer.PartitionResult(partition_id=partition, error_code=code, error_message=why)
                    for partition in topic.partitions
                ],
            )
            for topic in request.topic_partitions or ()
        ],
    )


def each_reassignment(request: Any, code: ErrorCode, version: int) -> AlterPartitionReassignmentsResponse:
    answer = AlterPartitionReassignmentsResponse.ReassignableTopicResponse
    return AlterPartitionReassignmentsResponse(
        error_code=code,
        error_message=None,
        responses=[
            answer(
                name=topic.name,
                partitions=[
                    answer.ReassignablePartitionResponse(
                        partition_index=partition.partition_index, error_code=code, error_message=None
                    )
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ],
    )


def each_deletion(request: Any, code: ErrorCode, version: int) -> DeleteRecordsResponse:
    answer = DeleteRecordsResponse.DeleteRecordsTopicResult
    return DeleteRecordsResponse(
        topics=[
            answer(
                name=topic.name,
                partitions=[
                    answer.DeleteRecordsPartitionResult(
                        partition_index=partition.partition_index, low_watermark=-1, error_code=code
                    )
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


def each_described_resource(request: Any, code: ErrorCode, version: int) -> DescribeConfigsResponse:
    return DescribeConfigsResponse(
        results=_each_resource(request, code, DescribeConfigsResponse.DescribeConfigsResult),
    )


def each_altered_resource(request: Any, code: ErrorCode, version: int) -> AlterConfigsResponse:
    return AlterConfigsResponse(
        responses=_each_resource(request, code, AlterConfigsResponse.AlterConfigsResourceResponse)
    )


def each_changed_resource(request: Any, code: ErrorCode, version: int) -> IncrementalAlterConfigsResponse:
    return IncrementalAlterConfigsResponse(
        responses=_each_resource(request, code, IncrementalAlterConfigsResponse.AlterConfigsResourceResponse)
    )


def _each_resource(request: Any, code: ErrorCode, answer: Callable[..., Any]) -> list[Any]:
    return [
        answer(
            error_code=code,
            error_message=None,
            resource_type=resource.resource_type,
            resource_name=resource.resource_name,
        )
        for resource in request.resources
    ]
