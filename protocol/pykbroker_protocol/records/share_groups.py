"""Records of `__consumer_offsets` that a share group leaves (KIP-932)."""

from ..messages import Message, NEVER
from ..structs import Struct, tagged
from ..types import Array, Int32, Int64, Int8, Nullable, String, Uuid

SHARE_GROUP_MEMBER_METADATA_KEY = Message("ShareGroupMemberMetadataKey", versions=(0, 0), flexible=NEVER, record_type=10, struct=Struct(
    "group_id"  / String,
    "member_id" / String,
))
ShareGroupMemberMetadataKey = SHARE_GROUP_MEMBER_METADATA_KEY.type

SHARE_GROUP_MEMBER_METADATA_VALUE = Message("ShareGroupMemberMetadataValue", versions=(0, 0), flexible=0, record_type=10, struct=Struct(
    "rack_id"                / Nullable(String),
    "client_id"              / String,
    "client_host"            / String,
    "subscribed_topic_names" / Array(String),
))
ShareGroupMemberMetadataValue = SHARE_GROUP_MEMBER_METADATA_VALUE.type

SHARE_GROUP_METADATA_KEY = Message("ShareGroupMetadataKey", versions=(0, 0), flexible=NEVER, record_type=11, struct=Struct(
    "group_id" / String,
))
ShareGroupMetadataKey = SHARE_GROUP_METADATA_KEY.type

SHARE_GROUP_METADATA_VALUE = Message("ShareGroupMetadataValue", versions=(0, 0), flexible=0, record_type=11, struct=Struct(
    "epoch"         / Int32,
    "metadata_hash" / Int64,
))
ShareGroupMetadataValue = SHARE_GROUP_METADATA_VALUE.type

SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_KEY = Message("ShareGroupTargetAssignmentMetadataKey", versions=(0, 0), flexible=NEVER, record_type=12, struct=Struct(
    "group_id" / String,
))
ShareGroupTargetAssignmentMetadataKey = SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_KEY.type

SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE = Message("ShareGroupTargetAssignmentMetadataValue", versions=(0, 0), flexible=0, record_type=12, struct=Struct(
    "assignment_epoch"     / Int32,
    "assignment_timestamp" / tagged(0, Int64),
))
ShareGroupTargetAssignmentMetadataValue = SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE.type

SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY = Message("ShareGroupTargetAssignmentMemberKey", versions=(0, 0), flexible=NEVER, record_type=13, struct=Struct(
    "group_id"  / String,
    "member_id" / String,
))
ShareGroupTargetAssignmentMemberKey = SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY.type

SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE = Message("ShareGroupTargetAssignmentMemberValue", versions=(0, 0), flexible=0, record_type=13, struct=Struct(
    "topic_partitions" / Array(Struct("TopicPartition",
        "topic_id"   / Uuid,
        "partitions" / Array(Int32),
    )),
))
ShareGroupTargetAssignmentMemberValue = SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE.type

SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY = Message("ShareGroupCurrentMemberAssignmentKey", versions=(0, 0), flexible=NEVER, record_type=14, struct=Struct(
    "group_id"  / String,
    "member_id" / String,
))
ShareGroupCurrentMemberAssignmentKey = SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY.type

_TOPIC_PARTITIONS = Struct("TopicPartitions",
    "topic_id"   / Uuid,
    "partitions" / Array(Int32),
)
SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE = Message("ShareGroupCurrentMemberAssignmentValue", versions=(0, 0), flexible=0, record_type=14, struct=Struct(
    "member_epoch"          / Int32,
    "previous_member_epoch" / Int32,
    "state"                 / Int8,
    "assigned_partitions"   / Array(_TOPIC_PARTITIONS),
))
ShareGroupCurrentMemberAssignmentValue = SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE.type

SHARE_GROUP_STATE_PARTITION_METADATA_KEY = Message("ShareGroupStatePartitionMetadataKey", versions=(0, 0), flexible=NEVER, record_type=15, struct=Struct(
    "group_id" / String,
))
ShareGroupStatePartitionMetadataKey = SHARE_GROUP_STATE_PARTITION_METADATA_KEY.type

_TOPIC_PARTITIONS_INFO = Struct("TopicPartitionsInfo",
    "topic_id"   / Uuid,
    "topic_name" / String,
    "partitions" / Array(Int32),
)
_TOPIC_INFO = Struct("TopicInfo",
    "topic_id"   / Uuid,
    "topic_name" / String,
)
SHARE_GROUP_STATE_PARTITION_METADATA_VALUE = Message("ShareGroupStatePartitionMetadataValue", versions=(0, 0), flexible=0, record_type=15, struct=Struct(
    "initializing_topics" / Array(_TOPIC_PARTITIONS_INFO),
    "initialized_topics"  / Array(_TOPIC_PARTITIONS_INFO),
    "deleting_topics"     / Array(_TOPIC_INFO),
))
ShareGroupStatePartitionMetadataValue = SHARE_GROUP_STATE_PARTITION_METADATA_VALUE.type
