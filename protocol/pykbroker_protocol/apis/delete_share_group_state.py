"""DeleteShareGroupState: the share coordinator forgets the state of share partitions."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Int16, Int32, Nullable, String, Uuid

DELETE_SHARE_GROUP_STATE = Api(
    key=86, name="DeleteShareGroupState", versions=(0, 0), flexible=0,
    request=Struct(
        "group_id" / String,
        "topics"   / Array(Struct("DeleteStateData",
            "topic_id"   / Uuid,
            "partitions" / Array(Struct("PartitionData",
                "partition" / Int32,
            )),
        )),
    ),
    response=Struct(
        "results" / Array(Struct("DeleteStateResult",
            "topic_id"   / Uuid,
            "partitions" / Array(Struct("PartitionResult",
                "partition"     / Int32,
                "error_code"    / Int16,
                "error_message" / always(Nullable(String), default=None),
            )),
        )),
    ),
)
DeleteShareGroupStateRequest, DeleteShareGroupStateResponse = DELETE_SHARE_GROUP_STATE.types
