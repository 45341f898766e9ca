"""WriteShareGroupState: the share coordinator keeps the state of share partitions."""

from ..messages import Api
from ..structs import Struct, always, since
from ..types import Array, Int16, Int32, Int64, Int8, Nullable, String, Uuid

WRITE_SHARE_GROUP_STATE = Api(
    key=85, name="WriteShareGroupState", versions=(0, 1), flexible=0,
    request=Struct(
        "group_id" / String,
        "topics"   / Array(Struct("WriteStateData",
            "topic_id"   / Uuid,
            "partitions" / Array(Struct("PartitionData",
                "partition"               / Int32,
                "state_epoch"             / Int32,
                "leader_epoch"            / Int32,
                "start_offset"            / Int64,
                "delivery_complete_count" / since(1, Int32, default=-1),
                "state_batches"           / Array(Struct("StateBatch",
                    "first_offset"   / Int64,
                    "last_offset"    / Int64,
                    "delivery_state" / Int8,
                    "delivery_count" / Int16,
                )),
            )),
        )),
    ),
    response=Struct(
        "results" / Array(Struct("WriteStateResult",
            "topic_id"   / Uuid,
            "partitions" / Array(Struct("PartitionResult",
                "partition"     / Int32,
                "error_code"    / Int16,
                "error_message" / always(Nullable(String), default=None),
            )),
        )),
    ),
)
WriteShareGroupStateRequest, WriteShareGroupStateResponse = WRITE_SHARE_GROUP_STATE.types
