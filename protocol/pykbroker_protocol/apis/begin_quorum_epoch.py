"""BeginQuorumEpoch: a KRaft leader says that it leads."""

from ..messages import Api
from ..structs import Struct, always, since, tagged
from ..types import Array, Int16, Int32, Nullable, String, Uint16, Uuid

BEGIN_QUORUM_EPOCH = Api(
    key=53, name="BeginQuorumEpoch", versions=(0, 1), flexible=1,
    request=Struct(
        "cluster_id"       / always(Nullable(String), default=None),
        "voter_id"         / since(1, Int32, default=-1),
        "topics"           / Array(Struct("TopicData",
            "topic_name" / String,
            "partitions" / Array(Struct("PartitionData",
                "partition_index"    / Int32,
                "voter_directory_id" / since(1, Uuid),
                "leader_id"          / Int32,
                "leader_epoch"       / Int32,
            )),
        )),
        "leader_endpoints" / since(1, Array(Struct("LeaderEndpoint",
            "name" / String,
            "host" / String,
            "port" / Uint16,
        ))),
    ),
    response=Struct(
        "error_code"     / Int16,
        "topics"         / Array(Struct("TopicData",
            "topic_name" / String,
            "partitions" / Array(Struct("PartitionData",
                "partition_index" / Int32,
                "error_code"      / Int16,
                "leader_id"       / Int32,
                "leader_epoch"    / Int32,
            )),
        )),
        "node_endpoints" / tagged(0, since(1, Array(Struct("NodeEndpoint",
            "node_id" / Int32,
            "host"    / String,
            "port"    / Uint16,
        )))),
    ),
)
BeginQuorumEpochRequest, BeginQuorumEpochResponse = BEGIN_QUORUM_EPOCH.types
