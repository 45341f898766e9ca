"""ListPartitionReassignments: the partitions that are moving to other replicas."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Int16, Int32, Nullable, String

LIST_PARTITION_REASSIGNMENTS = Api(
    key=46, name="ListPartitionReassignments", versions=(0, 0), flexible=0,
    request=Struct(
        "timeout_ms" / always(Int32, default=60000),
        "topics"     / always(Nullable(Array(Struct("ListPartitionReassignmentsTopics",
            "name"              / String,
            "partition_indexes" / Array(Int32),
        ))), default=None),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "error_message"    / Nullable(String),
        "topics"           / Array(Struct("OngoingTopicReassignment",
            "name"       / String,
            "partitions" / Array(Struct("OngoingPartitionReassignment",
                "partition_index"   / Int32,
                "replicas"          / Array(Int32),
                "adding_replicas"   / Array(Int32),
                "removing_replicas" / Array(Int32),
            )),
        )),
    ),
)
ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse = LIST_PARTITION_REASSIGNMENTS.types
