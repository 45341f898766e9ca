"""Produce: a client appends record batches to partitions."""

from ..messages import Api
from ..structs import Struct, always, since, tagged, until
from ..types import Array, Int16, Int32, Int64, Nullable, Records, String, Uuid

PRODUCE = Api(
    key=0, name="Produce", versions=(3, 13), flexible=9,
    request=Struct(
        "transactional_id" / always(Nullable(String), default=None),
        "acks"             / Int16,
        "timeout_ms"       / Int32,
        "topic_data"       / Array(Struct("TopicProduceData",
            "name"           / until(12, String),
            "topic_id"       / since(13, Uuid),
            "partition_data" / Array(Struct("PartitionProduceData",
                "index"   / Int32,
                "records" / Nullable(Records),
            )),
        )),
    ),
    response=Struct(
        "responses"        / Array(Struct("TopicProduceResponse",
            "name"                / until(12, String),
            "topic_id"            / since(13, Uuid),
            "partition_responses" / Array(Struct("PartitionProduceResponse",
                "index"              / Int32,
                "error_code"         / Int16,
                "base_offset"        / Int64,
                "log_append_time_ms" / always(Int64, default=-1),
                "log_start_offset"   / since(5, Int64, default=-1),
                "record_errors"      / since(8, Array(Struct("BatchIndexAndErrorMessage",
                    "batch_index"               / Int32,
                    "batch_index_error_message" / always(Nullable(String), default=None),
                ))),
                "error_message"      / since(8, Nullable(String), default=None),
                "current_leader"     / tagged(0, since(10, Struct("LeaderIdAndEpoch",
                    "leader_id"    / always(Int32, default=-1),
                    "leader_epoch" / always(Int32, default=-1),
                ))),
            )),
        )),
        "throttle_time_ms" / Int32,
        "node_endpoints"   / tagged(0, since(10, Array(Struct("NodeEndpoint",
            "node_id" / Int32,
            "host"    / String,
            "port"    / Int32,
            "rack"    / always(Nullable(String), default=None),
        )))),
    ),
)
ProduceRequest, ProduceResponse = PRODUCE.types
