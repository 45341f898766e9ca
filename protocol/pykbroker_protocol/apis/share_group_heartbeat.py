"""ShareGroupHeartbeat: a member of a share group joins, lives, is assigned to and leaves (KIP-932)."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Int16, Int32, Nullable, String, Uuid

_TOPIC_PARTITIONS = Struct("TopicPartitions",
    "topic_id"   / Uuid,
    "partitions" / Array(Int32),
)

SHARE_GROUP_HEARTBEAT = Api(
    key=76, name="ShareGroupHeartbeat", versions=(1, 1), flexible=0,
    request=Struct(
        "group_id"               / String,
        "member_id"              / String,
        "member_epoch"           / Int32,
        "rack_id"                / always(Nullable(String), default=None),
        "subscribed_topic_names" / always(Nullable(Array(String)), default=None),
    ),
    response=Struct(
        "throttle_time_ms"      / Int32,
        "error_code"            / Int16,
        "error_message"         / always(Nullable(String), default=None),
        "member_id"             / always(Nullable(String), default=None),
        "member_epoch"          / Int32,
        "heartbeat_interval_ms" / Int32,
        "assignment"            / always(Nullable(Struct("Assignment",
            "topic_partitions" / Array(_TOPIC_PARTITIONS),
        )), default=None),
    ),
)
ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse = SHARE_GROUP_HEARTBEAT.types
