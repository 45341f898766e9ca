"""ConsumerGroupDescribe: state, members and assignments of consumer groups (KIP-848)."""

from ..messages import Api
from ..structs import Struct, always, since
from ..types import Array, Bool, Int16, Int32, Int8, Nullable, String, Uuid

_TOPIC_PARTITIONS = Struct("TopicPartitions",
    "topic_id"   / Uuid,
    "topic_name" / String,
    "partitions" / Array(Int32),
)
_ASSIGNMENT = Struct("Assignment",
    "topic_partitions" / Array(_TOPIC_PARTITIONS),
)

CONSUMER_GROUP_DESCRIBE = Api(
    key=69, name="ConsumerGroupDescribe", versions=(0, 1), flexible=0,
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
                "instance_id"            / always(Nullable(String), default=None),
                "rack_id"                / always(Nullable(String), default=None),
                "member_epoch"           / Int32,
                "client_id"              / String,
                "client_host"            / String,
                "subscribed_topic_names" / Array(String),
                "subscribed_topic_regex" / always(Nullable(String), default=None),
                "assignment"             / _ASSIGNMENT,
                "target_assignment"      / _ASSIGNMENT,
                "member_type"            / since(1, Int8, default=-1),
            )),
            "authorized_operations" / always(Int32, default=-2147483648),
        )),
    ),
)
ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse = CONSUMER_GROUP_DESCRIBE.types
