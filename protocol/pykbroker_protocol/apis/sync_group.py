"""SyncGroup: the leader hands in the group's assignment, and each member gets its own."""

from ..messages import Api
from ..structs import Struct, since
from ..types import Array, Bytes, Int16, Int32, Nullable, String

SYNC_GROUP = Api(
    key=14, name="SyncGroup", versions=(0, 5), flexible=4,
    request=Struct(
        "group_id"          / String,
        "generation_id"     / Int32,
        "member_id"         / String,
        "group_instance_id" / since(3, Nullable(String), default=None),
        "protocol_type"     / since(5, Nullable(String), default=None),
        "protocol_name"     / since(5, Nullable(String), default=None),
        "assignments"       / Array(Struct("SyncGroupRequestAssignment",
            "member_id"  / String,
            "assignment" / Bytes,
        )),
    ),
    response=Struct(
        "throttle_time_ms" / since(1, Int32),
        "error_code"       / Int16,
        "protocol_type"    / since(5, Nullable(String), default=None),
        "protocol_name"    / since(5, Nullable(String), default=None),
        "assignment"       / Bytes,
    ),
)
SyncGroupRequest, SyncGroupResponse = SYNC_GROUP.types
