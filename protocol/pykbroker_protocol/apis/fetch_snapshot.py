"""FetchSnapshot: a KRaft replica reads a snapshot of the metadata."""

from ..messages import Api
from ..structs import Struct, always, since, tagged
from ..types import Array, Int16, Int32, Int64, Nullable, Records, String, Uint16, Uuid

FETCH_SNAPSHOT = Api(
    key=59, name="FetchSnapshot", versions=(0, 1), flexible=0,
    request=Struct(
        "cluster_id" / tagged(0, always(Nullable(String), default=None)),
        "replica_id" / always(Int32, default=-1),
        "max_bytes"  / always(Int32, default=0x7fffffff),
        "topics"     / Array(Struct("TopicSnapshot",
            "name"       / String,
            "partitions" / Array(Struct("PartitionSnapshot",
                "partition"            / Int32,
                "current_leader_epoch" / Int32,
                "snapshot_id"          / Struct("SnapshotId",
                    "end_offset" / Int64,
                    "epoch"      / Int32,
                ),
                "position"             / Int64,
                "replica_directory_id" / tagged(0, since(1, Uuid)),
            )),
        )),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "topics"           / Array(Struct("TopicSnapshot",
            "name"       / String,
            "partitions" / Array(Struct("PartitionSnapshot",
                "index"             / Int32,
                "error_code"        / Int16,
                "snapshot_id"       / Struct("SnapshotId",
                    "end_offset" / Int64,
                    "epoch"      / Int32,
                ),
                "current_leader"    / tagged(0, Struct("LeaderIdAndEpoch",
                    "leader_id"    / Int32,
                    "leader_epoch" / Int32,
                )),
                "size"              / Int64,
                "position"          / Int64,
                "unaligned_records" / Records,
            )),
        )),
        "node_endpoints"   / tagged(0, since(1, Array(Struct("NodeEndpoint",
            "node_id" / Int32,
            "host"    / String,
            "port"    / Uint16,
        )))),
    ),
)
FetchSnapshotRequest, FetchSnapshotResponse = FETCH_SNAPSHOT.types
