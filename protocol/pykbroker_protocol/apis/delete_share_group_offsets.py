"""DeleteShareGroupOffsets: share groups forget where they begin in topics."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Int16, Int32, Nullable, String, Uuid

DELETE_SHARE_GROUP_OFFSETS = Api(
    key=92, name="DeleteShareGroupOffsets", versions=(0, 0), flexible=0,
    request=Struct(
        "group_id" / String,
        "topics"   / Array(Struct("DeleteShareGroupOffsetsRequestTopic",
            "topic_name" / String,
        )),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "error_message"    / always(Nullable(String), default=None),
        "responses"        / Array(Struct("DeleteShareGroupOffsetsResponseTopic",
            "topic_name"    / String,
            "topic_id"      / Uuid,
            "error_code"    / Int16,
            "error_message" / always(Nullable(String), default=None),
        )),
    ),
)
DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse = DELETE_SHARE_GROUP_OFFSETS.types
