"""AlterReplicaLogDirs: replicas move between the log directories of a broker."""

from ..messages import Api
from ..structs import Struct
from ..types import Array, Int16, Int32, String

ALTER_REPLICA_LOG_DIRS = Api(
    key=34, name="AlterReplicaLogDirs", versions=(1, 2), flexible=2,
    request=Struct(
        "dirs" / Array(Struct("AlterReplicaLogDir",
            "path"   / String,
            "topics" / Array(Struct("AlterReplicaLogDirTopic",
                "name"       / String,
                "partitions" / Array(Int32),
            )),
        )),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "results"          / Array(Struct("AlterReplicaLogDirTopicResult",
            "topic_name" / String,
            "partitions" / Array(Struct("AlterReplicaLogDirPartitionResult",
                "partition_index" / Int32,
                "error_code"      / Int16,
            )),
        )),
    ),
)
AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse = ALTER_REPLICA_LOG_DIRS.types
