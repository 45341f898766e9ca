"""StreamsGroupHeartbeat: a member of a streams group joins, lives, is assigned to and leaves (KIP-1071)."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Bool, Int16, Int32, Int64, Int8, Nullable, String, Uint16

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
_TASK_IDS = Struct("TaskIds",
    "subtopology_id" / String,
    "partitions"     / Array(Int32),
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
_STATUS = Struct("Status",
    "status_code"   / Int8,
    "status_detail" / String,
)
_TOPIC_PARTITION = Struct("TopicPartition",
    "topic"      / String,
    "partitions" / Array(Int32),
)

STREAMS_GROUP_HEARTBEAT = Api(
    key=88, name="StreamsGroupHeartbeat", versions=(0, 0), flexible=0,
    request=Struct(
        "group_id"                   / String,
        "member_id"                  / String,
        "member_epoch"               / Int32,
        "endpoint_information_epoch" / Int32,
        "instance_id"                / always(Nullable(String), default=None),
        "rack_id"                    / always(Nullable(String), default=None),
        "rebalance_timeout_ms"       / always(Int32, default=-1),
        "topology"                   / always(Nullable(Struct("Topology",
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
        )), default=None),
        "active_tasks"               / always(Nullable(Array(_TASK_IDS)), default=None),
        "standby_tasks"              / always(Nullable(Array(_TASK_IDS)), default=None),
        "warmup_tasks"               / always(Nullable(Array(_TASK_IDS)), default=None),
        "process_id"                 / always(Nullable(String), default=None),
        "user_endpoint"              / always(Nullable(_ENDPOINT), default=None),
        "client_tags"                / always(Nullable(Array(_KEY_VALUE)), default=None),
        "task_offsets"               / always(Nullable(Array(_TASK_OFFSET)), default=None),
        "task_end_offsets"           / always(Nullable(Array(_TASK_OFFSET)), default=None),
        "shutdown_application"       / Bool,
    ),
    response=Struct(
        "throttle_time_ms"            / Int32,
        "error_code"                  / Int16,
        "error_message"               / always(Nullable(String), default=None),
        "member_id"                   / String,
        "member_epoch"                / Int32,
        "heartbeat_interval_ms"       / Int32,
        "acceptable_recovery_lag"     / Int32,
        "task_offset_interval_ms"     / Int32,
        "status"                      / Nullable(Array(_STATUS)),
        "active_tasks"                / always(Nullable(Array(_TASK_IDS)), default=None),
        "standby_tasks"               / always(Nullable(Array(_TASK_IDS)), default=None),
        "warmup_tasks"                / always(Nullable(Array(_TASK_IDS)), default=None),
        "endpoint_information_epoch"  / Int32,
        "partitions_by_user_endpoint" / always(Nullable(Array(Struct("EndpointToPartitions",
            "user_endpoint"      / _ENDPOINT,
            "active_partitions"  / Array(_TOPIC_PARTITION),
            "standby_partitions" / Array(_TOPIC_PARTITION),
        ))), default=None),
    ),
)
StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse = STREAMS_GROUP_HEARTBEAT.types
