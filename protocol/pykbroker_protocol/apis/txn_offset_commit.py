"""TxnOffsetCommit: offsets are committed when the transaction is."""

from ..messages import Api
from ..structs import Struct, since
from ..types import Array, Int16, Int32, Int64, Nullable, String

TXN_OFFSET_COMMIT = Api(
    key=28, name="TxnOffsetCommit", versions=(0, 5), flexible=3,
    request=Struct(
        "transactional_id"  / String,
        "group_id"          / String,
        "producer_id"       / Int64,
        "producer_epoch"    / Int16,
        "generation_id"     / since(3, Int32, default=-1),
        "member_id"         / since(3, String),
        "group_instance_id" / since(3, Nullable(String), default=None),
        "topics"            / Array(Struct("TxnOffsetCommitRequestTopic",
            "name"       / String,
            "partitions" / Array(Struct("TxnOffsetCommitRequestPartition",
                "partition_index"        / Int32,
                "committed_offset"       / Int64,
                "committed_leader_epoch" / since(2, Int32, default=-1),
                "committed_metadata"     / Nullable(String),
            )),
        )),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "topics"           / Array(Struct("TxnOffsetCommitResponseTopic",
            "name"       / String,
            "partitions" / Array(Struct("TxnOffsetCommitResponsePartition",
                "partition_index" / Int32,
                "error_code"      / Int16,
            )),
        )),
    ),
)
TxnOffsetCommitRequest, TxnOffsetCommitResponse = TXN_OFFSET_COMMIT.types
