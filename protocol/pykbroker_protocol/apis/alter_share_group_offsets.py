"""AlterShareGroupOffsets: share groups begin elsewhere in partitions."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Int16, Int32, Int64, Nullable, String, Uuid

ALTER_SHARE_GROUP_OFFSETS = Api(
    key=91, name="AlterShareGroupOffsets", versions=(0, 0), flexible=0,
    request=Struct(
        "group_id" / String,
        "topics"   / Array(Struct("AlterShareGroupOffsetsRequestTopic",
            "topic_name" / String,
            "partitions" / Array(Struct("AlterShareGroupOffsetsRequestPartition",
                "partition_index" / Int32,
                "start_offset"    / Int64,
            )),
        )),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "error_message"    / always(Nullable(String), default=None),
        "responses"        / Array(Struct("AlterShareGroupOffsetsResponseTopic",
            "topic_name" / String,
            "topic_id"   / Uuid,
            "partitions" / Array(Struct("AlterShareGroupOffsetsResponsePartition",
                "partition_index" / Int32,
                "error_code"      / Int16,
                "error_message"   / always(Nullable(String), default=None),
            )),
        )),
    ),
)
AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse = ALTER_SHARE_GROUP_OFFSETS.types
