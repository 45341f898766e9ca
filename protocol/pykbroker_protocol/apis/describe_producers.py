"""DescribeProducers: the producers that are active on partitions."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Int16, Int32, Int64, Nullable, String

DESCRIBE_PRODUCERS = Api(
    key=61, name="DescribeProducers", versions=(0, 0), flexible=0,
    request=Struct(
        "topics" / Array(Struct("TopicRequest",
            "name"              / String,
            "partition_indexes" / Array(Int32),
        )),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "topics"           / Array(Struct("TopicResponse",
            "name"       / String,
            "partitions" / Array(Struct("PartitionResponse",
                "partition_index"  / Int32,
                "error_code"       / Int16,
                "error_message"    / always(Nullable(String), default=None),
                "active_producers" / Array(Struct("ProducerState",
                    "producer_id"              / Int64,
                    "producer_epoch"           / Int32,
                    "last_sequence"            / always(Int32, default=-1),
                    "last_timestamp"           / always(Int64, default=-1),
                    "coordinator_epoch"        / Int32,
                    "current_txn_start_offset" / always(Int64, default=-1),
                )),
            )),
        )),
    ),
)
DescribeProducersRequest, DescribeProducersResponse = DESCRIBE_PRODUCERS.types
