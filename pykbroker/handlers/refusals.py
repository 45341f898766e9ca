"""Where a refusal of a whole request stands in its response: at the top, or at everything that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from pykbroker_protocol.apis.alter_configs import ALTER_CONFIGS
from pykbroker_protocol.apis.alter_partition_reassignments import ALTER_PARTITION_REASSIGNMENTS
from pykbroker_protocol.apis.alter_replica_log_dirs import AlterReplicaLogDirsResponse
from pykbroker_protocol.apis.create_acls import CREATE_ACLS
from pykbroker_protocol.apis.create_partitions import CREATE_PARTITIONS
from pykbroker_protocol.apis.create_topics import CreateTopicsResponse
from pykbroker_protocol.apis.delete_acls import DELETE_ACLS
from pykbroker_protocol.apis.delete_groups import DELETE_GROUPS
from pykbroker_protocol.apis.delete_records import DELETE_RECORDS
from pykbroker_protocol.apis.delete_topics import DeleteTopicsResponse
from pykbroker_protocol.apis.describe_configs import DESCRIBE_CONFIGS
from pykbroker_protocol.apis.describe_groups import DESCRIBE_GROUPS
from pykbroker_protocol.apis.describe_producers import DESCRIBE_PRODUCERS
from pykbroker_protocol.apis.describe_topic_partitions import DESCRIBE_TOPIC_PARTITIONS
from pykbroker_protocol.apis.elect_leaders import ElectLeadersResponse
from pykbroker_protocol.apis.fetch import FETCH, FetchResponse
from pykbroker_protocol.apis.find_coordinator import FindCoordinatorResponse
from pykbroker_protocol.apis.incremental_alter_configs import INCREMENTAL_ALTER_CONFIGS
from pykbroker_protocol.apis.list_offsets import LIST_OFFSETS
from pykbroker_protocol.apis.metadata import MetadataResponse
from pykbroker_protocol.apis.offset_commit import OFFSET_COMMIT
from pykbroker_protocol.apis.offset_fetch import OFFSET_FETCH, OffsetFetchResponse
from pykbroker_protocol.apis.offset_for_leader_epoch import OFFSET_FOR_LEADER_EPOCH
from pykbroker_protocol.apis.produce import PRODUCE
from pykbroker_protocol.apis.write_txn_markers import WRITE_TXN_MARKERS
from pykbroker_protocol.errors import ErrorCode
from pykbroker_protocol.messages import Api
from pykbroker_protocol.structs import Struct

Refusal = Callable[[Any, ErrorCode, int], Any]
"""(request, code, version) -> the response that says so."""

_ITEM = ""  # in place of a field's name: what is asked for is a plain value, and goes over as it is


class Level(NamedTuple):
    """One array of the request, and the array of the response that answers it item by item.

    same: field of the answer -> field of what was asked; fixed: what else a refused item says.
    """

    asked: str
    answered: str
    same: Mapping[str, str]
    fixed: Mapping[str, Any] = {}


def top_level(api: Api) -> Refusal:
    """The response has an error code of its own."""
    response = api.response.type
    return lambda request, code, version: response(error_code=code)


def each(api: Api, *levels: Level, fixed: Mapping[str, Any] | None = None, at_top: bool = False) -> Refusal:
    """Each item of the innermost array has the code; with `at_top` the whole response has it too."""
    kinds = []
    struct = api.response.struct
    for level in levels:
        struct = _item_of(struct, level.answered)
        kinds.append(struct.type)

    def answers(parent: Any, depth: int, code: ErrorCode) -> Iterator[Any]:
        level = levels[depth]
        for item in getattr(parent, level.asked) or ():
            values = {field: getattr(item, name) if name else item for field, name in level.same.items()}
            if depth + 1 < len(levels):
                values[levels[depth + 1].answered] = list(answers(item, depth + 1, code))
            else:
                values["error_code"] = code
            yield kinds[depth](**values, **level.fixed)

    def refusal(request: Any, code: ErrorCode, version: int) -> Any:
        top = {"error_code": code} if at_top else {}
        return api.response.type(**top, **(fixed or {}), **{levels[0].answered: list(answers(request, 0, code))})

    return refusal


def _item_of(struct: Struct, array: str) -> Struct:
    """The struct of the items of a struct's array."""
    (field,) = (field for field in struct.fields if field.name == array)
    item = getattr(field.subcon, "subcon", field.subcon).item
    assert isinstance(item, Struct), array
    return item


_NAME = {"name": "name"}
_INDEX = {"partition_index": "partition_index"}
_UNSAID = {"error_message": None}
_RESOURCE = {"resource_type": "resource_type", "resource_name": "resource_name"}

each_produced = each(
    PRODUCE,
    Level("topic_data", "responses", {"name": "name", "topic_id": "topic_id"}),
    Level("partition_data", "partition_responses", {"index": "index"}, {"base_offset": -1}),
)
each_offset = each(LIST_OFFSETS, Level("topics", "topics", _NAME), Level("partitions", "partitions", _INDEX))
each_commit = each(
    OFFSET_COMMIT,
    Level("topics", "topics", {"name": "name", "topic_id": "topic_id"}),
    Level("partitions", "partitions", _INDEX),
)
each_described_group = each(DESCRIBE_GROUPS, Level("groups", "groups", {"group_id": _ITEM}))
each_deleted_group = each(DELETE_GROUPS, Level("groups_names", "results", {"group_id": _ITEM}))
each_grown_topic = each(CREATE_PARTITIONS, Level("topics", "results", _NAME))
each_paged_topic = each(DESCRIBE_TOPIC_PARTITIONS, Level("topics", "topics", _NAME))
each_epoch = each(
    OFFSET_FOR_LEADER_EPOCH,
    Level("topics", "topics", {"topic": "topic"}),
    Level("partitions", "partitions", {"partition": "partition"}),
)
each_partition_of_producers = each(
    DESCRIBE_PRODUCERS,
    Level("topics", "topics", _NAME),
    Level("partition_indexes", "partitions", {"partition_index": _ITEM}),
)
each_marker = each(
    WRITE_TXN_MARKERS,
    Level("markers", "markers", {"producer_id": "producer_id"}),
    Level("topics", "topics", _NAME),
    Level("partition_indexes", "partitions", {"partition_index": _ITEM}),
)
each_deletion = each(
    DELETE_RECORDS, Level("topics", "topics", _NAME), Level("partitions", "partitions", _INDEX, {"low_watermark": -1})
)
each_reassignment = each(
    ALTER_PARTITION_REASSIGNMENTS,
    Level("topics", "responses", _NAME),
    Level("partitions", "partitions", _INDEX, _UNSAID),
    fixed=_UNSAID,
    at_top=True,
)
each_created_acl = each(CREATE_ACLS, Level("creations", "results", {}, _UNSAID))
each_acl_filter = each(DELETE_ACLS, Level("filters", "filter_results", {}, _UNSAID))
each_described_resource = each(DESCRIBE_CONFIGS, Level("resources", "results", _RESOURCE, _UNSAID))
each_altered_resource = each(ALTER_CONFIGS, Level("resources", "responses", _RESOURCE, _UNSAID))
each_changed_resource = each(INCREMENTAL_ALTER_CONFIGS, Level("resources", "responses", _RESOURCE, _UNSAID))


def each_described_topic(request: Any, code: ErrorCode, version: int) -> MetadataResponse:
    answer = MetadataResponse.MetadataResponseTopic
    asked = request.topics or []
    topics = [answer(error_code=code, name=topic.name or "", topic_id=topic.topic_id) for topic in asked]
    return MetadataResponse(topics=topics, error_code=code)


_each_fetched_partition = each(
    FETCH,
    Level("topics", "responses", {"topic": "topic"}),
    Level("partitions", "partitions", {"partition_index": "partition"}, {"high_watermark": -1}),
    at_top=True,
)


def each_fetched(request: Any, code: ErrorCode, version: int) -> FetchResponse:
    """By its top alone since topics have ids, before that by each partition too."""
    return FetchResponse(error_code=code) if version >= 13 else _each_fetched_partition(request, code, version)


_each_fetched_offset = each(
    OFFSET_FETCH,
    Level("topics", "topics", _NAME),
    Level("partition_indexes", "partitions", {"partition_index": _ITEM}, {"committed_offset": -1}),
)


def each_fetched_group(request: Any, code: ErrorCode, version: int) -> OffsetFetchResponse:
    if version < 2:
        by_partition: OffsetFetchResponse = _each_fetched_offset(request, code, version)
        return by_partition
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
