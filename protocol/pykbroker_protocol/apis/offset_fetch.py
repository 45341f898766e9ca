"""OffsetFetch: how far a group has read."""

from ..messages import Api
from ..structs import Struct, always, between, since, until
from ..types import Array, Bool, Int16, Int32, Int64, Nullable, String, Uuid

OFFSET_FETCH = Api(
    key=9, name="OffsetFetch", versions=(1, 10), flexible=6,
    request=Struct(
        "group_id"       / until(7, String),
        "topics"         / until(7, Nullable(Array(Struct("OffsetFetchRequestTopic",
            "name"              / String,
            "partition_indexes" / Array(Int32),
        )), since=2)),
        "groups"         / since(8, Array(Struct("OffsetFetchRequestGroup",
            "group_id"     / String,
            "member_id"    / since(9, Nullable(String), default=None),
            "member_epoch" / since(9, Int32, default=-1),
            "topics"       / Nullable(Array(Struct("OffsetFetchRequestTopics",
                "name"              / until(9, String),
                "topic_id"          / since(10, Uuid),
                "partition_indexes" / Array(Int32),
            ))),
        ))),
        "require_stable" / since(7, Bool),
    ),
    response=Struct(
        "throttle_time_ms" / since(3, Int32),
        "topics"           / until(7, Array(Struct("OffsetFetchResponseTopic",
            "name"       / String,
            "partitions" / Array(Struct("OffsetFetchResponsePartition",
                "partition_index"        / Int32,
                "committed_offset"       / Int64,
                "committed_leader_epoch" / since(5, Int32, default=-1),
                "metadata"               / Nullable(String),
                "error_code"             / Int16,
            )),
        ))),
        "error_code"       / between(2, 7, Int16),
        "groups"           / since(8, Array(Struct("OffsetFetchResponseGroup",
            "group_id"   / String,
            "topics"     / Array(Struct("OffsetFetchResponseTopics",
                "name"       / until(9, String),
                "topic_id"   / since(10, Uuid),
                "partitions" / Array(Struct("OffsetFetchResponsePartitions",
                    "partition_index"        / Int32,
                    "committed_offset"       / Int64,
                    "committed_leader_epoch" / always(Int32, default=-1),
                    "metadata"               / Nullable(String),
                    "error_code"             / Int16,
                )),
            )),
            "error_code" / Int16,
        ))),
    ),
)
OffsetFetchRequest, OffsetFetchResponse = OFFSET_FETCH.types
