"""ReadShareGroupStateSummary: the share coordinator hands out where share partitions begin."""

from ..messages import Api
from ..structs import Struct, always, since
from ..types import Array, Int16, Int32, Int64, Nullable, String, Uuid

READ_SHARE_GROUP_STATE_SUMMARY = Api(
    key=87, name="ReadShareGroupStateSummary", versions=(0, 1), flexible=0,
    request=Struct(
        "group_id" / String,
        "topics"   / Array(Struct("ReadStateSummaryData",
            "topic_id"   / Uuid,
            "partitions" / Array(Struct("PartitionData",
                "partition"    / Int32,
                "leader_epoch" / Int32,
            )),
        )),
    ),
    response=Struct(
        "results" / Array(Struct("ReadStateSummaryResult",
            "topic_id"   / Uuid,
            "partitions" / Array(Struct("PartitionResult",
                "partition"               / Int32,
                "error_code"              / Int16,
                "error_message"           / always(Nullable(String), default=None),
                "state_epoch"             / Int32,
                "leader_epoch"            / Int32,
                "start_offset"            / Int64,
                "delivery_complete_count" / since(1, Int32, default=-1),
            )),
        )),
    ),
)
ReadShareGroupStateSummaryRequest, ReadShareGroupStateSummaryResponse = READ_SHARE_GROUP_STATE_SUMMARY.types
