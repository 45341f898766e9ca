"""Records of `__consumer_offsets` that a streams group leaves (KIP-1071)."""

from ..messages import Message, NEVER
from ..structs import Struct, always, tagged
from ..types import Array, Int16, Int32, Int64, Int8, Nullable, String, Uint16

STREAMS_GROUP_METADATA_KEY = Message("StreamsGroupMetadataKey", versions=(0, 0), flexible=NEVER, record_type=17, struct=Struct(
    "group_id" / String,
))
StreamsGroupMetadataKey = STREAMS_GROUP_METADATA_KEY.type

_LAST_ASSIGNMENT_CONFIG = Struct("LastAssignmentConfig",
    "key"   / String,
    "value" / String,
)
STREAMS_GROUP_METADATA_VALUE = Message("StreamsGroupMetadataValue", versions=(0, 0), flexible=0, record_type=17, struct=Struct(
    "epoch"                    / Int32,
    "metadata_hash"            / Int64,
    "validated_topology_epoch" / tagged(0, always(Int32, default=-1)),
    "last_assignment_configs"  / tagged(1, Nullable(Array(_LAST_ASSIGNMENT_CONFIG))),
))
StreamsGroupMetadataValue = STREAMS_GROUP_METADATA_VALUE.type

STREAMS_GROUP_MEMBER_METADATA_KEY = Message("StreamsGroupMemberMetadataKey", versions=(0, 0), flexible=NEVER, record_type=19, struct=Struct(
    "group_id"  / String,
    "member_id" / String,
))
StreamsGroupMemberMetadataKey = STREAMS_GROUP_MEMBER_METADATA_KEY.type

_ENDPOINT = Struct("Endpoint",
    "host" / String,
    "port" / Uint16,
)
_KEY_VALUE = Struct("KeyValue",
    "key"   / String,
    "value" / String,
)
STREAMS_GROUP_MEMBER_METADATA_VALUE = Message("StreamsGroupMemberMetadataValue", versions=(0, 0), flexible=0, record_type=19, struct=Struct(
    "instance_id"          / Nullable(String),
    "rack_id"              / Nullable(String),
    "client_id"            / String,
    "client_host"          / String,
    "rebalance_timeout_ms" / always(Int32, default=-1),
    "topology_epoch"       / Int32,
    "process_id"           / String,
    "user_endpoint"        / always(Nullable(_ENDPOINT), default=None),
    "client_tags"          / Array(_KEY_VALUE),
))
StreamsGroupMemberMetadataValue = STREAMS_GROUP_MEMBER_METADATA_VALUE.type

STREAMS_GROUP_TARGET_ASSIGNMENT_METADATA_KEY = Message("StreamsGroupTargetAssignmentMetadataKey", versions=(0, 0), flexible=NEVER, record_type=20, struct=Struct(
    "group_id" / String,
))
StreamsGroupTargetAssignmentMetadataKey = STREAMS_GROUP_TARGET_ASSIGNMENT_METADATA_KEY.type

STREAMS_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE = Message("StreamsGroupTargetAssignmentMetadataValue", versions=(0, 0), flexible=0, record_type=20, struct=Struct(
    "assignment_epoch"     / Int32,
    "assignment_timestamp" / tagged(0, Int64),
))
StreamsGroupTargetAssignmentMetadataValue = STREAMS_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE.type

STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY = Message("StreamsGroupTargetAssignmentMemberKey", versions=(0, 0), flexible=NEVER, record_type=21, struct=Struct(
    "group_id"  / String,
    "member_id" / String,
))
StreamsGroupTargetAssignmentMemberKey = STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY.type

_TASK_IDS = Struct("TaskIds",
    "subtopology_id" / String,
    "partitions"     / Array(Int32),
)
STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE = Message("StreamsGroupTargetAssignmentMemberValue", versions=(0, 0), flexible=0, record_type=21, struct=Struct(
    "active_tasks"  / Array(_TASK_IDS),
    "standby_tasks" / Array(_TASK_IDS),
    "warmup_tasks"  / Array(_TASK_IDS),
))
StreamsGroupTargetAssignmentMemberValue = STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE.type

STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY = Message("StreamsGroupCurrentMemberAssignmentKey", versions=(0, 0), flexible=NEVER, record_type=22, struct=Struct(
    "group_id"  / String,
    "member_id" / String,
))
StreamsGroupCurrentMemberAssignmentKey = STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY.type

_TASK_IDS = Struct("TaskIds",
    "subtopology_id"    / String,
    "partitions"        / Array(Int32),
    "assignment_epochs" / tagged(0, Nullable(Array(Int32))),
)
STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE = Message("StreamsGroupCurrentMemberAssignmentValue", versions=(0, 0), flexible=0, record_type=22, struct=Struct(
    "member_epoch"                     / Int32,
    "previous_member_epoch"            / Int32,
    "state"                            / Int8,
    "active_tasks"                     / Array(_TASK_IDS),
    "standby_tasks"                    / Array(_TASK_IDS),
    "warmup_tasks"                     / Array(_TASK_IDS),
    "active_tasks_pending_revocation"  / Array(_TASK_IDS),
    "standby_tasks_pending_revocation" / Array(_TASK_IDS),
    "warmup_tasks_pending_revocation"  / Array(_TASK_IDS),
))
StreamsGroupCurrentMemberAssignmentValue = STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE.type

STREAMS_GROUP_TOPOLOGY_KEY = Message("StreamsGroupTopologyKey", versions=(0, 0), flexible=NEVER, record_type=23, struct=Struct(
    "group_id" / String,
))
StreamsGroupTopologyKey = STREAMS_GROUP_TOPOLOGY_KEY.type

_TOPIC_CONFIG = Struct("TopicConfig",
    "key"   / String,
    "value" / String,
)
_TOPIC_INFO = Struct("TopicInfo",
    "name"               / String,
    "partitions"         / Int32,
    "replication_factor" / Int16,
    "topic_configs"      / Array(_TOPIC_CONFIG),
)
STREAMS_GROUP_TOPOLOGY_VALUE = Message("StreamsGroupTopologyValue", versions=(0, 0), flexible=0, record_type=23, struct=Struct(
    "epoch"         / Int32,
    "subtopologies" / Array(Struct("Subtopology",
        "subtopology_id"            / String,
        "source_topics"             / Array(String),
        "source_topic_regex"        / Array(String),
        "state_changelog_topics"    / Array(_TOPIC_INFO),
        "repartition_sink_topics"   / Array(String),
        "repartition_source_topics" / Array(_TOPIC_INFO),
        "copartition_groups"        / Array(Struct("CopartitionGroup",
            "source_topics"             / Array(Int16),
            "source_topic_regex"        / Array(Int16),
            "repartition_source_topics" / Array(Int16),
        )),
    )),
))
StreamsGroupTopologyValue = STREAMS_GROUP_TOPOLOGY_VALUE.type
