"""ElectLeaders: partitions elect their preferred, or any, leader."""

from ..messages import Api
from ..structs import Struct, always, since
from ..types import Array, Int16, Int32, Int8, Nullable, String

ELECT_LEADERS = Api(
    key=43, name="ElectLeaders", versions=(0, 2), flexible=2,
    request=Struct(
        "election_type"    / since(1, Int8),
        "topic_partitions" / Nullable(Array(Struct("TopicPartitions",
            "topic"      / String,
            "partitions" / Array(Int32),
        ))),
        "timeout_ms"       / always(Int32, default=60000),
    ),
    response=Struct(
        "throttle_time_ms"         / Int32,
        "error_code"               / since(1, Int16),
        "replica_election_results" / Array(Struct("ReplicaElectionResult",
            "topic"            / String,
            "partition_result" / Array(Struct("PartitionResult",
                "partition_id"  / Int32,
                "error_code"    / Int16,
                "error_message" / Nullable(String),
            )),
        )),
    ),
)
ElectLeadersRequest, ElectLeadersResponse = ELECT_LEADERS.types
