"""ListOffsets: the offset of a timestamp, or of the start or end of a partition."""

from ..messages import Api
from ..structs import Struct, always, since
from ..types import Array, Int16, Int32, Int64, Int8, String

LIST_OFFSETS = Api(
    key=2, name="ListOffsets", versions=(1, 11), flexible=6,
    request=Struct(
        "replica_id"      / Int32,
        "isolation_level" / since(2, Int8),
        "topics"          / Array(Struct("ListOffsetsTopic",
            "name"       / String,
            "partitions" / Array(Struct("ListOffsetsPartition",
                "partition_index"      / Int32,
                "current_leader_epoch" / since(4, Int32, default=-1),
                "timestamp"            / Int64,
            )),
        )),
        "timeout_ms"      / since(10, Int32),
    ),
    response=Struct(
        "throttle_time_ms" / since(2, Int32),
        "topics"           / Array(Struct("ListOffsetsTopicResponse",
            "name"       / String,
            "partitions" / Array(Struct("ListOffsetsPartitionResponse",
                "partition_index" / Int32,
                "error_code"      / Int16,
                "timestamp"       / always(Int64, default=-1),
                "offset"          / always(Int64, default=-1),
                "leader_epoch"    / since(4, Int32, default=-1),
            )),
        )),
    ),
)
ListOffsetsRequest, ListOffsetsResponse = LIST_OFFSETS.types
