"""Vote: a KRaft candidate asks for votes."""

from ..messages import Api
from ..structs import Struct, always, since, tagged
from ..types import Array, Bool, Int16, Int32, Int64, Nullable, String, Uint16, Uuid

VOTE = Api(
    key=52, name="Vote", versions=(0, 2), flexible=0,
    request=Struct(
        "cluster_id" / always(Nullable(String), default=None),
        "voter_id"   / since(1, Int32, default=-1),
        "topics"     / Array(Struct("TopicData",
            "topic_name" / String,
            "partitions" / Array(Struct("PartitionData",
                "partition_index"      / Int32,
                "replica_epoch"        / Int32,
                "replica_id"           / Int32,
                "replica_directory_id" / since(1, Uuid),
                "voter_directory_id"   / since(1, Uuid),
                "last_offset_epoch"    / Int32,
                "last_offset"          / Int64,
                "pre_vote"             / since(2, Bool),
            )),
        )),
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
                "vote_granted"    / Bool,
            )),
        )),
        "node_endpoints" / tagged(0, since(1, Array(Struct("NodeEndpoint",
            "node_id" / Int32,
            "host"    / String,
            "port"    / Uint16,
        )))),
    ),
)
VoteRequest, VoteResponse = VOTE.types
