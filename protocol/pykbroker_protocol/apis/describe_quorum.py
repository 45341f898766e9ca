"""DescribeQuorum: leader, voters and observers of the metadata quorum, and how far each is."""

from ..messages import Api
from ..structs import Struct, since
from ..types import Array, Int16, Int32, Int64, Nullable, String, Uint16, Uuid

_REPLICA_STATE = Struct("ReplicaState",
    "replica_id"               / Int32,
    "replica_directory_id"     / since(2, Uuid),
    "log_end_offset"           / Int64,
    "last_fetch_timestamp"     / since(1, Int64, default=-1),
    "last_caught_up_timestamp" / since(1, Int64, default=-1),
)

DESCRIBE_QUORUM = Api(
    key=55, name="DescribeQuorum", versions=(0, 2), flexible=0,
    request=Struct(
        "topics" / Array(Struct("TopicData",
            "topic_name" / String,
            "partitions" / Array(Struct("PartitionData",
                "partition_index" / Int32,
            )),
        )),
    ),
    response=Struct(
        "error_code"    / Int16,
        "error_message" / since(2, Nullable(String)),
        "topics"        / Array(Struct("TopicData",
            "topic_name" / String,
            "partitions" / Array(Struct("PartitionData",
                "partition_index" / Int32,
                "error_code"      / Int16,
                "error_message"   / since(2, Nullable(String)),
                "leader_id"       / Int32,
                "leader_epoch"    / Int32,
                "high_watermark"  / Int64,
                "current_voters"  / Array(_REPLICA_STATE),
                "observers"       / Array(_REPLICA_STATE),
            )),
        )),
        "nodes"         / since(2, Array(Struct("Node",
            "node_id"   / Int32,
            "listeners" / Array(Struct("Listener",
                "name" / String,
                "host" / String,
                "port" / Uint16,
            )),
        ))),
    ),
)
DescribeQuorumRequest, DescribeQuorumResponse = DESCRIBE_QUORUM.types
