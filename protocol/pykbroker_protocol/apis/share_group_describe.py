"""ShareGroupDescribe: state, members and assignments of share groups (KIP-932)."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Bool, Int16, Int32, Nullable, String, Uuid

_TOPIC_PARTITIONS = Struct("TopicPartitions",
    "topic_id"   / Uuid,
    "topic_name" / String,
    "partitions" / Array(Int32),
)
_ASSIGNMENT = Struct("Assignment",
    "topic_partitions" / Array(_TOPIC_PARTITIONS),
)

SHARE_GROUP_DESCRIBE = Api(
    key=77, name="ShareGroupDescribe", versions=(1, 1), flexible=0,
    request=Struct(
        "group_ids"                     / Array(String),
        "include_authorized_operations" / Bool,
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "groups"           / Array(Struct("DescribedGroup",
            "error_code"            / Int16,
            "error_message"         / always(Nullable(String), default=None),
            "group_id"              / String,
            "group_state"           / String,
            "group_epoch"           / Int32,
            "assignment_epoch"      / Int32,
            "assignor_name"         / String,
            "members"               / Array(Struct("Member",
                "member_id"              / String,
                "rack_id"                / always(Nullable(String), default=None),
                "member_epoch"           / Int32,
                "client_id"              / String,
                "client_host"            / String,
                "subscribed_topic_names" / Array(String),
                "assignment"             / _ASSIGNMENT,
            )),
            "authorized_operations" / always(Int32, default=-2147483648),
        )),
    ),
)
ShareGroupDescribeRequest, ShareGroupDescribeResponse = SHARE_GROUP_DESCRIBE.types
