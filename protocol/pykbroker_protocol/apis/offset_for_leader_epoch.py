"""OffsetForLeaderEpoch: where a leader epoch ends in a log, to find where two logs part."""

from ..messages import Api
from ..structs import Struct, always, since
from ..types import Array, Int16, Int32, Int64, String

OFFSET_FOR_LEADER_EPOCH = Api(
    key=23, name="OffsetForLeaderEpoch", versions=(2, 4), flexible=4,
    request=Struct(
        "replica_id" / since(3, Int32, default=-2),
        "topics"     / Array(Struct("OffsetForLeaderTopic",
            "topic"      / String,
            "partitions" / Array(Struct("OffsetForLeaderPartition",
                "partition"            / Int32,
                "current_leader_epoch" / always(Int32, default=-1),
                "leader_epoch"         / Int32,
            )),
        )),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "topics"           / Array(Struct("OffsetForLeaderTopicResult",
            "topic"      / String,
            "partitions" / Array(Struct("EpochEndOffset",
                "error_code"   / Int16,
                "partition"    / Int32,
                "leader_epoch" / always(Int32, default=-1),
                "end_offset"   / always(Int64, default=-1),
            )),
        )),
    ),
)
OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse = OFFSET_FOR_LEADER_EPOCH.types
