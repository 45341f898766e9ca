"""InitializeShareGroupState: the share coordinator begins to keep the state of share partitions."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Int16, Int32, Int64, Nullable, String, Uuid

INITIALIZE_SHARE_GROUP_STATE = Api(
    key=83, name="InitializeShareGroupState", versions=(0, 0), flexible=0,
    request=Struct(
        "group_id" / String,
        "topics"   / Array(Struct("InitializeStateData",
            "topic_id"   / Uuid,
            "partitions" / Array(Struct("PartitionData",
                "partition"    / Int32,
                "state_epoch"  / Int32,
                "start_offset" / Int64,
            )),
        )),
    ),
    response=Struct(
        "results" / Array(Struct("InitializeStateResult",
            "topic_id"   / Uuid,
            "partitions" / Array(Struct("PartitionResult",
                "partition"     / Int32,
                "error_code"    / Int16,
                "error_message" / always(Nullable(String), default=None),
            )),
        )),
    ),
)
InitializeShareGroupStateRequest, InitializeShareGroupStateResponse = INITIALIZE_SHARE_GROUP_STATE.types
