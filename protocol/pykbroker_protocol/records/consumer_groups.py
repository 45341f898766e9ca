"""Records of `__consumer_offsets` that a consumer group leaves (KIP-848)."""

from ..messages import Message, NEVER
from ..structs import Struct, always, tagged
from ..types import Array, Bytes, Int32, Int64, Int8, Nullable, String, Uuid

CONSUMER_GROUP_METADATA_KEY = Message("ConsumerGroupMetadataKey", versions=(0, 0), flexible=NEVER, record_type=3, struct=Struct(
    "group_id" / String,
))
ConsumerGroupMetadataKey = CONSUMER_GROUP_METADATA_KEY.type

CONSUMER_GROUP_METADATA_VALUE = Message("ConsumerGroupMetadataValue", versions=(0, 0), flexible=0, record_type=3, struct=Struct(
    "epoch"         / Int32,
    "metadata_hash" / tagged(0, Int64),
))
ConsumerGroupMetadataValue = CONSUMER_GROUP_METADATA_VALUE.type

CONSUMER_GROUP_PARTITION_METADATA_KEY = Message("ConsumerGroupPartitionMetadataKey", versions=(0, 0), flexible=NEVER, record_type=4, struct=Struct(
    "group_id" / String,
))
ConsumerGroupPartitionMetadataKey = CONSUMER_GROUP_PARTITION_METADATA_KEY.type

CONSUMER_GROUP_PARTITION_METADATA_VALUE = Message("ConsumerGroupPartitionMetadataValue", versions=(0, 0), flexible=0, record_type=4, struct=Struct(
    "topics" / Array(Struct("TopicMetadata",
        "topic_id"           / Uuid,
        "topic_name"         / String,
        "num_partitions"     / Int32,
        "partition_metadata" / Array(Struct("PartitionMetadata",
            "partition" / Int32,
            "racks"     / Array(String),
        )),
    )),
))
ConsumerGroupPartitionMetadataValue = CONSUMER_GROUP_PARTITION_METADATA_VALUE.type

CONSUMER_GROUP_MEMBER_METADATA_KEY = Message("ConsumerGroupMemberMetadataKey", versions=(0, 0), flexible=NEVER, record_type=5, struct=Struct(
    "group_id"  / String,
    "member_id" / String,
))
ConsumerGroupMemberMetadataKey = CONSUMER_GROUP_MEMBER_METADATA_KEY.type

CONSUMER_GROUP_MEMBER_METADATA_VALUE = Message("ConsumerGroupMemberMetadataValue", versions=(0, 0), flexible=0, record_type=5, struct=Struct(
    "instance_id"             / Nullable(String),
    "rack_id"                 / Nullable(String),
    "client_id"               / String,
    "client_host"             / String,
    "subscribed_topic_names"  / Array(String),
    "subscribed_topic_regex"  / Nullable(String),
    "rebalance_timeout_ms"    / always(Int32, default=-1),
    "server_assignor"         / Nullable(String),
    "classic_member_metadata" / tagged(0, Nullable(Struct("ClassicMemberMetadata",
        "session_timeout_ms"  / Int32,
        "supported_protocols" / Array(Struct("ClassicProtocol",
            "name"     / String,
            "metadata" / Bytes,
        )),
    ))),
))
ConsumerGroupMemberMetadataValue = CONSUMER_GROUP_MEMBER_METADATA_VALUE.type

CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA_KEY = Message("ConsumerGroupTargetAssignmentMetadataKey", versions=(0, 0), flexible=NEVER, record_type=6, struct=Struct(
    "group_id" / String,
))
ConsumerGroupTargetAssignmentMetadataKey = CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA_KEY.type

CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE = Message("ConsumerGroupTargetAssignmentMetadataValue", versions=(0, 0), flexible=0, record_type=6, struct=Struct(
    "assignment_epoch"     / Int32,
    "assignment_timestamp" / tagged(0, Int64),
))
ConsumerGroupTargetAssignmentMetadataValue = CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE.type

CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY = Message("ConsumerGroupTargetAssignmentMemberKey", versions=(0, 0), flexible=NEVER, record_type=7, struct=Struct(
    "group_id"  / String,
    "member_id" / String,
))
ConsumerGroupTargetAssignmentMemberKey = CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY.type

CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE = Message("ConsumerGroupTargetAssignmentMemberValue", versions=(0, 0), flexible=0, record_type=7, struct=Struct(
    "topic_partitions" / Array(Struct("TopicPartition",
        "topic_id"   / Uuid,
        "partitions" / Array(Int32),
    )),
))
ConsumerGroupTargetAssignmentMemberValue = CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE.type

CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY = Message("ConsumerGroupCurrentMemberAssignmentKey", versions=(0, 0), flexible=NEVER, record_type=8, struct=Struct(
    "group_id"  / String,
    "member_id" / String,
))
ConsumerGroupCurrentMemberAssignmentKey = CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY.type

_TOPIC_PARTITIONS = Struct("TopicPartitions",
    "topic_id"          / Uuid,
    "partitions"        / Array(Int32),
    "assignment_epochs" / tagged(0, Nullable(Array(Int32))),
)
CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE = Message("ConsumerGroupCurrentMemberAssignmentValue", versions=(0, 0), flexible=0, record_type=8, struct=Struct(
    "member_epoch"                  / Int32,
    "previous_member_epoch"         / Int32,
    "state"                         / Int8,
    "assigned_partitions"           / Array(_TOPIC_PARTITIONS),
    "partitions_pending_revocation" / Array(_TOPIC_PARTITIONS),
))
ConsumerGroupCurrentMemberAssignmentValue = CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE.type

CONSUMER_GROUP_REGULAR_EXPRESSION_KEY = Message("ConsumerGroupRegularExpressionKey", versions=(0, 0), flexible=NEVER, record_type=16, struct=Struct(
    "group_id"           / String,
    "regular_expression" / String,
))
ConsumerGroupRegularExpressionKey = CONSUMER_GROUP_REGULAR_EXPRESSION_KEY.type

CONSUMER_GROUP_REGULAR_EXPRESSION_VALUE = Message("ConsumerGroupRegularExpressionValue", versions=(0, 0), flexible=0, record_type=16, struct=Struct(
    "topics"    / Array(String),
    "version"   / Int64,
    "timestamp" / Int64,
))
ConsumerGroupRegularExpressionValue = CONSUMER_GROUP_REGULAR_EXPRESSION_VALUE.type
