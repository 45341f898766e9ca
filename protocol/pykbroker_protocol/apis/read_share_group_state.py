"""ReadShareGroupState: the share coordinator hands out the state of share partitions."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Int16, Int32, Int64, Int8, Nullable, String, Uuid

READ_SHARE_GROUP_STATE = Api(
    key=84, name="ReadShareGroupState", versions=(0, 0), flexible=0,
    request=Struct(
        "group_id" / String,
        "topics"   / Array(Struct("ReadStateData",
            "topic_id"   / Uuid,
            "partitions" / Array(Struct("PartitionData",
                "partition"    / Int32,
                "leader_epoch" / Int32,
            )),
        )),
    ),
    response=Struct(
        "results" / Array(Struct("ReadStateResult",
            "topic_id"   / Uuid,
            "partitions" / Array(Struct("PartitionResult",
                "partition"     / Int32,
                "error_code"    / Int16,
                "error_message" / always(Nullable(String), default=None),
                "state_epoch"   / Int32,
                "start_offset"  / Int64,
                "state_batches" / Array(Struct("StateBatch",
                    "first_offset"   / Int64,
                    "last_offset"    / Int64,
                    "delivery_state" / Int8,
                    "delivery_count" / Int16,
                )),
            )),
        )),
    ),
)
ReadShareGroupStateRequest, ReadShareGroupStateResponse = READ_SHARE_GROUP_STATE.types
