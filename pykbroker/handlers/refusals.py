"""Where a refusal of a whole request stands in its response: at the top, or at everything that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pykbroker_protocol.errors import ErrorCode
from pykbroker_protocol.messages import Api
from pykbroker_protocol.structs import Struct

Refusal = Callable[[Api, Any, ErrorCode, int], Any]
"""(api, request, code, version) -> the response of that API that says so."""

_ITEM = ""  # in place of a field's name: what is asked for is a plain value, and goes over as it is


class Level(NamedTuple):
    """One array of the request, and the array of the response that answers it item by item.

    same: field of the answer -> field of what was asked; fixed: what else a refused item says.
    """

    asked: str
    answered: str
    same: Mapping[str, str]
    fixed: Mapping[str, Any] = {}


def top_level(api: Api, request: Any, code: ErrorCode, version: int) -> Any:
    """The response has an error code of its own."""
    return api.response.type(error_code=code)


def each(*levels: Level, fixed: Mapping[str, Any] | None = None, at_top: bool = False) -> Refusal:
    """Each item of the innermost array has the code; with `at_top` the whole response has it too."""

    def answers(struct: Struct, parent: Any, depth: int, code: ErrorCode) -> list[Any]:
        level, made = levels[depth], []
        kind = _item_of(struct, level.answered)
        for item in getattr(parent, level.asked) or ():
            values = {field: getattr(item, name) if name else item for field, name in level.same.items()}
            if depth + 1 < len(levels):
                values[levels[depth + 1].answered] = answers(kind, item, depth + 1, code)
            else:
                values["error_code"] = code
            made.append(kind.type(**values, **level.fixed))
        return made

    def refusal(api: Api, request: Any, code: ErrorCode, version: int) -> Any:
        top = {"error_code": code} if at_top else {}
        refused = answers(api.response.struct, request, 0, code)
        return api.response.type(**top, **(fixed or {}), **{levels[0].answered: refused})

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
    Level("topic_data", "responses", {"name": "name", "topic_id": "topic_id"}),
    Level("partition_data", "partition_responses", {"index": "index"}, {"base_offset": -1}),
)
each_offset = each(Level("topics", "topics", _NAME), Level("partitions", "partitions", _INDEX))
each_commit = each(
    Level("topics", "topics", {"name": "name", "topic_id": "topic_id"}),
    Level("partitions", "partitions", _INDEX),
)
each_described_group = each(Level("groups", "groups", {"group_id": _ITEM}))
each_deleted_group = each(Level("groups_names", "results", {"group_id": _ITEM}))
each_grown_topic = each(Level("topics", "results", _NAME))
each_paged_topic = each(Level("topics", "topics", _NAME))
each_epoch = each(
    Level("topics", "topics", {"topic": "topic"}),
    Level("partitions", "partitions", {"partition": "partition"}),
)
each_partition_of_producers = each(
    Level("topics", "topics", _NAME),
    Level("partition_indexes", "partitions", {"partition_index": _ITEM}),
)
each_marker = each(
    Level("markers", "markers", {"producer_id": "producer_id"}),
    Level("topics", "topics", _NAME),
    Level("partition_indexes", "partitions", {"partition_index": _ITEM}),
)
each_deletion = each(Level("topics", "topics", _NAME), Level("partitions", "partitions", _INDEX, {"low_watermark": -1}))
each_reassignment = each(
    Level("topics", "responses", _NAME),
    Level("partitions", "partitions", _INDEX, _UNSAID),
    fixed=_UNSAID,
    at_top=True,
)
each_created_acl = each(Level("creations", "results", {}, _UNSAID))
each_acl_filter = each(Level("filters", "filter_results", {}, _UNSAID))
each_described_resource = each(Level("resources", "results", _RESOURCE, _UNSAID))
each_altered_resource = each(Level("resources", "responses", _RESOURCE, _UNSAID))
each_changed_resource = each(Level("resources", "responses", _RESOURCE, _UNSAID))


def each_described_topic(api: Api, request: Any, code: ErrorCode, version: int) -> Any:
    response = api.response.type
    answer = response.MetadataResponseTopic
    asked = request.topics or []
    topics = [answer(error_code=code, name=topic.name or "", topic_id=topic.topic_id) for topic in asked]
    return response(topics=topics, error_code=code)


_each_fetched_partition = each(
    Level("topics", "responses", {"topic": "topic"}),
    Level("partitions", "partitions", {"partition_index": "partition"}, {"high_watermark": -1}),
    at_top=True,
)


def each_fetched(api: Api, request: Any, code: ErrorCode, version: int) -> Any:
    """By its top alone since topics have ids, before that by each partition too."""
    response = api.response.type
    return response(error_code=code) if version >= 13 else _each_fetched_partition(api, request, code, version)


_each_fetched_offset = each(
    Level("topics", "topics", _NAME),
    Level("partition_indexes", "partitions", {"partition_index": _ITEM}, {"committed_offset": -1}),
)


def each_fetched_group(api: Api, request: Any, code: ErrorCode, version: int) -> Any:
    response = api.response.type
    if version < 2:
        return _each_fetched_offset(api, request, code, version)
    if version < 8:
        return response(error_code=code)
    group = response.OffsetFetchResponseGroup
    return response(groups=[group(group_id=asked.group_id, error_code=code) for asked in request.groups])


def each_coordinator(api: Api, request: Any, code: ErrorCode, version: int) -> Any:
    response = api.response.type
    if version < 4:
        return response(error_code=code, node_id=-1, port=-1)
    found = response.Coordinator
    return response(
        coordinators=[found(key=key, node_id=-1, port=-1, error_code=code) for key in request.coordinator_keys]
    )


def each_created_topic(api: Api, request: Any, code: ErrorCode, version: int) -> Any:
    response = api.response.type
    result = response.CreatableTopicResult
    names = dict.fromkeys(topic.name for topic in request.topics)
    return response(topics=[result(name=name, error_code=code, error_message=None, configs=[]) for name in names])


def each_deleted_topic(api: Api, request: Any, code: ErrorCode, version: int) -> Any:
    response = api.response.type
    result = response.DeletableTopicResult
    by_name = [result(name=name, error_code=code) for name in request.topic_names]
    by_state = [result(name=topic.name, topic_id=topic.topic_id, error_code=code) for topic in request.topics]
    return response(responses=by_name or by_state)


def each_moved_replica(api: Api, request: Any, code: ErrorCode, version: int) -> Any:
    response = api.response.type
    answer = response.AlterReplicaLogDirTopicResult
    return response(
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


def each_election(api: Api, request: Any, code: ErrorCode, version: int, why: str | None = None) -> Any:
    response = api.response.type
    answer = response.ReplicaElectionResult
    return response(
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
