"""AlterPartitionReassignments: partitions begin, or stop, to move to other replicas."""

from ..messages import Api
from ..structs import Struct, always, since
from ..types import Array, Bool, Int16, Int32, Nullable, String

ALTER_PARTITION_REASSIGNMENTS = Api(
    key=45, name="AlterPartitionReassignments", versions=(0, 1), flexible=0,
    request=Struct(
        "timeout_ms"                      / always(Int32, default=60000),
        "allow_replication_factor_change" / since(1, Bool, default=True),
        "topics"                          / Array(Struct("ReassignableTopic",
            "name"       / String,
            "partitions" / Array(Struct("ReassignablePartition",
                "partition_index" / Int32,
                "replicas"        / always(Nullable(Array(Int32)), default=None),
            )),
        )),
    ),
    response=Struct(
        "throttle_time_ms"                / Int32,
        "allow_replication_factor_change" / since(1, Bool, default=True),
        "error_code"                      / Int16,
        "error_message"                   / Nullable(String),
        "responses"                       / Array(Struct("ReassignableTopicResponse",
            "name"       / String,
            "partitions" / Array(Struct("ReassignablePartitionResponse",
                "partition_index" / Int32,
                "error_code"      / Int16,
                "error_message"   / Nullable(String),
            )),
        )),
    ),
)
AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse = ALTER_PARTITION_REASSIGNMENTS.types
