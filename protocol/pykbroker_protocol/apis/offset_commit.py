"""OffsetCommit: a group keeps how far it has read."""

from ..messages import Api
from ..structs import Struct, always, since, until
from ..types import Array, Int16, Int32, Int64, Nullable, String, Uuid

OFFSET_COMMIT = Api(
    key=8, name="OffsetCommit", versions=(2, 10), flexible=8,
    request=Struct(
        "group_id"                      / String,
        "generation_id_or_member_epoch" / always(Int32, default=-1),
        "member_id"                     / String,
        "group_instance_id"             / since(7, Nullable(String), default=None),
        "retention_time_ms"             / until(4, Int64, default=-1),
        "topics"                        / Array(Struct("OffsetCommitRequestTopic",
            "name"       / until(9, String),
            "topic_id"   / since(10, Uuid),
            "partitions" / Array(Struct("OffsetCommitRequestPartition",
                "partition_index"        / Int32,
                "committed_offset"       / Int64,
                "committed_leader_epoch" / since(6, Int32, default=-1),
                "committed_metadata"     / Nullable(String),
            )),
        )),
    ),
    response=Struct(
        "throttle_time_ms" / since(3, Int32),
        "topics"           / Array(Struct("OffsetCommitResponseTopic",
            "name"       / until(9, String),
            "topic_id"   / since(10, Uuid),
            "partitions" / Array(Struct("OffsetCommitResponsePartition",
                "partition_index" / Int32,
                "error_code"      / Int16,
            )),
        )),
    ),
)
OffsetCommitRequest, OffsetCommitResponse = OFFSET_COMMIT.types
