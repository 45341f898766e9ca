"""DescribeTopicPartitions: topics and their partitions, page by page (KIP-966)."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Bool, Int16, Int32, Nullable, String, Uuid

DESCRIBE_TOPIC_PARTITIONS = Api(
    key=75, name="DescribeTopicPartitions", versions=(0, 0), flexible=0,
    request=Struct(
        "topics"                   / Array(Struct("TopicRequest",
            "name" / String,
        )),
        "response_partition_limit" / always(Int32, default=2000),
        "cursor"                   / always(Nullable(Struct("Cursor",
            "topic_name"      / String,
            "partition_index" / Int32,
        )), default=None),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "topics"           / Array(Struct("DescribeTopicPartitionsResponseTopic",
            "error_code"                  / Int16,
            "name"                        / Nullable(String),
            "topic_id"                    / Uuid,
            "is_internal"                 / Bool,
            "partitions"                  / Array(Struct("DescribeTopicPartitionsResponsePartition",
                "error_code"               / Int16,
                "partition_index"          / Int32,
                "leader_id"                / Int32,
                "leader_epoch"             / always(Int32, default=-1),
                "replica_nodes"            / Array(Int32),
                "isr_nodes"                / Array(Int32),
                "eligible_leader_replicas" / always(Nullable(Array(Int32)), default=None),
                "last_known_elr"           / always(Nullable(Array(Int32)), default=None),
                "offline_replicas"         / Array(Int32),
            )),
            "topic_authorized_operations" / always(Int32, default=-2147483648),
        )),
        "next_cursor"      / always(Nullable(Struct("Cursor",
            "topic_name"      / String,
            "partition_index" / Int32,
        )), default=None),
    ),
)
DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse = DESCRIBE_TOPIC_PARTITIONS.types
