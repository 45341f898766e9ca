"""EndQuorumEpoch: a KRaft leader says that it resigns."""

from ..messages import Api
from ..structs import Struct, always, since, tagged, until
from ..types import Array, Int16, Int32, Nullable, String, Uint16, Uuid

END_QUORUM_EPOCH = Api(
    key=54, name="EndQuorumEpoch", versions=(0, 1), flexible=1,
    request=Struct(
        "cluster_id"       / always(Nullable(String), default=None),
        "topics"           / Array(Struct("TopicData",
            "topic_name" / String,
            "partitions" / Array(Struct("PartitionData",
                "partition_index"      / Int32,
                "leader_id"            / Int32,
                "leader_epoch"         / Int32,
                "preferred_successors" / until(0, Array(Int32)),
                "preferred_candidates" / since(1, Array(Struct("ReplicaInfo",
                    "candidate_id"           / Int32,
                    "candidate_directory_id" / Uuid,
                ))),
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
EndQuorumEpochRequest, EndQuorumEpochResponse = END_QUORUM_EPOCH.types
