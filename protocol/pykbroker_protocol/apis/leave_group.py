"""LeaveGroup: members leave a classic group at once instead of by timeout."""

from ..messages import Api
from ..structs import Struct, always, since, until
from ..types import Array, Int16, Int32, Nullable, String

LEAVE_GROUP = Api(
    key=13, name="LeaveGroup", versions=(0, 5), flexible=4,
    request=Struct(
        "group_id"  / String,
        "member_id" / until(2, String),
        "members"   / since(3, Array(Struct("MemberIdentity",
            "member_id"         / String,
            "group_instance_id" / always(Nullable(String), default=None),
            "reason"            / since(5, Nullable(String), default=None),
        ))),
    ),
    response=Struct(
        "throttle_time_ms" / since(1, Int32),
        "error_code"       / Int16,
        "members"          / since(3, Array(Struct("MemberResponse",
            "member_id"         / String,
            "group_instance_id" / Nullable(String),
            "error_code"        / Int16,
        ))),
    ),
)
LeaveGroupRequest, LeaveGroupResponse = LEAVE_GROUP.types
