"""OffsetDelete: a group's offsets of some partitions go."""

from ..messages import Api, NEVER
from ..structs import Struct
from ..types import Array, Int16, Int32, String

OFFSET_DELETE = Api(
    key=47, name="OffsetDelete", versions=(0, 0), flexible=NEVER,
    request=Struct(
        "group_id" / String,
        "topics"   / Array(Struct("OffsetDeleteRequestTopic",
            "name"       / String,
            "partitions" / Array(Struct("OffsetDeleteRequestPartition",
                "partition_index" / Int32,
            )),
        )),
    ),
    response=Struct(
        "error_code"       / Int16,
        "throttle_time_ms" / Int32,
        "topics"           / Array(Struct("OffsetDeleteResponseTopic",
            "name"       / String,
            "partitions" / Array(Struct("OffsetDeleteResponsePartition",
                "partition_index" / Int32,
                "error_code"      / Int16,
            )),
        )),
    ),
)
OffsetDeleteRequest, OffsetDeleteResponse = OFFSET_DELETE.types
