"""ConsumerGroupHeartbeat: a member of a consumer group joins, lives, is assigned to and leaves (KIP-848)."""

from ..messages import Api
from ..structs import Struct, always, since
from ..types import Array, Int16, Int32, Nullable, String, Uuid

_TOPIC_PARTITIONS = Struct("TopicPartitions",
    "topic_id"   / Uuid,
    "partitions" / Array(Int32),
)

CONSUMER_GROUP_HEARTBEAT = Api(
    key=68, name="ConsumerGroupHeartbeat", versions=(0, 1), flexible=0,
    request=Struct(
        "group_id"               / String,
        "member_id"              / String,
        "member_epoch"           / Int32,
        "instance_id"            / always(Nullable(String), default=None),
        "rack_id"                / always(Nullable(String), default=None),
        "rebalance_timeout_ms"   / always(Int32, default=-1),
        "subscribed_topic_names" / always(Nullable(Array(String)), default=None),
        "subscribed_topic_regex" / since(1, Nullable(String), default=None),
        "server_assignor"        / always(Nullable(String), default=None),
        "topic_partitions"       / always(Nullable(Array(Struct("TopicPartitions",
            "topic_id"   / Uuid,
            "partitions" / Array(Int32),
        ))), default=None),
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
ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse = CONSUMER_GROUP_HEARTBEAT.types
