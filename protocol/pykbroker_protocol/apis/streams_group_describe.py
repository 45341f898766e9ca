"""StreamsGroupDescribe: state, topology and members of streams groups (KIP-1071)."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Bool, Int16, Int32, Int64, Nullable, String, Uint16

_KEY_VALUE = Struct("KeyValue",
    "key"   / String,
    "value" / String,
)
_TOPIC_INFO = Struct("TopicInfo",
    "name"               / String,
    "partitions"         / Int32,
    "replication_factor" / Int16,
    "topic_configs"      / Array(_KEY_VALUE),
)
_ENDPOINT = Struct("Endpoint",
    "host" / String,
    "port" / Uint16,
)
_TASK_OFFSET = Struct("TaskOffset",
    "subtopology_id" / String,
    "partition"      / Int32,
    "offset"         / Int64,
)
_TASK_IDS = Struct("TaskIds",
    "subtopology_id" / String,
    "partitions"     / Array(Int32),
)
_ASSIGNMENT = Struct("Assignment",
    "active_tasks"  / Array(_TASK_IDS),
    "standby_tasks" / Array(_TASK_IDS),
    "warmup_tasks"  / Array(_TASK_IDS),
)

STREAMS_GROUP_DESCRIBE = Api(
    key=89, name="StreamsGroupDescribe", versions=(0, 0), flexible=0,
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
            "topology"              / always(Nullable(Struct("Topology",
                "epoch"         / Int32,
                "subtopologies" / always(Nullable(Array(Struct("Subtopology",
                    "subtopology_id"            / String,
                    "source_topics"             / Array(String),
                    "repartition_sink_topics"   / Array(String),
                    "state_changelog_topics"    / Array(_TOPIC_INFO),
                    "repartition_source_topics" / Array(_TOPIC_INFO),
                ))), default=None),
            )), default=None),
            "members"               / Array(Struct("Member",
                "member_id"         / String,
                "member_epoch"      / Int32,
                "instance_id"       / always(Nullable(String), default=None),
                "rack_id"           / always(Nullable(String), default=None),
                "client_id"         / String,
                "client_host"       / String,
                "topology_epoch"    / Int32,
                "process_id"        / String,
                "user_endpoint"     / always(Nullable(_ENDPOINT), default=None),
                "client_tags"       / Array(_KEY_VALUE),
                "task_offsets"      / Array(_TASK_OFFSET),
                "task_end_offsets"  / Array(_TASK_OFFSET),
                "assignment"        / _ASSIGNMENT,
                "target_assignment" / _ASSIGNMENT,
                "is_classic"        / Bool,
            )),
            "authorized_operations" / always(Int32, default=-2147483648),
        )),
    ),
)
StreamsGroupDescribeRequest, StreamsGroupDescribeResponse = STREAMS_GROUP_DESCRIBE.types
