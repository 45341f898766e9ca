"""JoinGroup: a member enters a classic group, and waits for the rebalance to complete."""

from ..messages import Api
from ..structs import Struct, always, since
from ..types import Array, Bool, Bytes, Int16, Int32, Nullable, String

JOIN_GROUP = Api(
    key=11, name="JoinGroup", versions=(0, 9), flexible=6,
    request=Struct(
        "group_id"             / String,
        "session_timeout_ms"   / Int32,
        "rebalance_timeout_ms" / since(1, Int32, default=-1),
        "member_id"            / String,
        "group_instance_id"    / since(5, Nullable(String), default=None),
        "protocol_type"        / String,
        "protocols"            / Array(Struct("JoinGroupRequestProtocol",
            "name"     / String,
            "metadata" / Bytes,
        )),
        "reason"               / since(8, Nullable(String), default=None),
    ),
    response=Struct(
        "throttle_time_ms" / since(2, Int32),
        "error_code"       / Int16,
        "generation_id"    / always(Int32, default=-1),
        "protocol_type"    / since(7, Nullable(String), default=None),
        "protocol_name"    / Nullable(String, since=7),
        "leader"           / String,
        "skip_assignment"  / since(9, Bool),
        "member_id"        / String,
        "members"          / Array(Struct("JoinGroupResponseMember",
            "member_id"         / String,
            "group_instance_id" / since(5, Nullable(String), default=None),
            "metadata"          / Bytes,
        )),
    ),
)
JoinGroupRequest, JoinGroupResponse = JOIN_GROUP.types
