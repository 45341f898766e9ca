"""AssignReplicasToDirs: a broker tells the controller where its replicas lie (KIP-858)."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Int16, Int32, Int64, Uuid

ASSIGN_REPLICAS_TO_DIRS = Api(
    key=73, name="AssignReplicasToDirs", versions=(0, 0), flexible=0,
    request=Struct(
        "broker_id"    / Int32,
        "broker_epoch" / always(Int64, default=-1),
        "directories"  / Array(Struct("DirectoryData",
            "id"     / Uuid,
            "topics" / Array(Struct("TopicData",
                "topic_id"   / Uuid,
                "partitions" / Array(Struct("PartitionData",
                    "partition_index" / Int32,
                )),
            )),
        )),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "directories"      / Array(Struct("DirectoryData",
            "id"     / Uuid,
            "topics" / Array(Struct("TopicData",
                "topic_id"   / Uuid,
                "partitions" / Array(Struct("PartitionData",
                    "partition_index" / Int32,
                    "error_code"      / Int16,
                )),
            )),
        )),
    ),
)
AssignReplicasToDirsRequest, AssignReplicasToDirsResponse = ASSIGN_REPLICAS_TO_DIRS.types
