"""DescribeGroups: state and members of classic groups."""

from ..messages import Api
from ..structs import Struct, since
from ..types import Array, Bool, Bytes, Int16, Int32, Nullable, String

DESCRIBE_GROUPS = Api(
    key=15, name="DescribeGroups", versions=(0, 6), flexible=5,
    request=Struct(
        "groups"                        / Array(String),
        "include_authorized_operations" / since(3, Bool),
    ),
    response=Struct(
        "throttle_time_ms" / since(1, Int32),
        "groups"           / Array(Struct("DescribedGroup",
            "error_code"            / Int16,
            "error_message"         / since(6, Nullable(String), default=None),
            "group_id"              / String,
            "group_state"           / String,
            "protocol_type"         / String,
            "protocol_data"         / String,
            "members"               / Array(Struct("DescribedGroupMember",
                "member_id"         / String,
                "group_instance_id" / since(4, Nullable(String), default=None),
                "client_id"         / String,
                "client_host"       / String,
                "member_metadata"   / Bytes,
                "member_assignment" / Bytes,
            )),
            "authorized_operations" / since(3, Int32, default=-2147483648),
        )),
    ),
)
DescribeGroupsRequest, DescribeGroupsResponse = DESCRIBE_GROUPS.types
