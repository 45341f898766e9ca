"""What stands in files of the data directory beside the log."""

from ..messages import Message, NEVER
from ..structs import Struct, always, since, until
from ..types import Array, Int16, Int32, Int64, Nullable, String, Uint32, Uuid

PRODUCER_SNAPSHOT = Message("ProducerSnapshot", versions=(1, 1), flexible=NEVER, struct=Struct(
    "crc"              / Uint32,
    "producer_entries" / Array(Struct("ProducerEntry",
        "producer_id"              / Int64,
        "epoch"                    / Int16,
        "last_sequence"            / Int32,
        "last_offset"              / Int64,
        "offset_delta"             / Int32,
        "timestamp"                / Int64,
        "coordinator_epoch"        / Int32,
        "current_txn_first_offset" / Int64,
    )),
))
ProducerSnapshot = PRODUCER_SNAPSHOT.type

QUORUM_STATE = Message("QuorumState", versions=(0, 1), flexible=0, struct=Struct(
    "cluster_id"         / until(0, String),
    "leader_id"          / always(Int32, default=-1),
    "leader_epoch"       / always(Int32, default=-1),
    "voted_id"           / always(Int32, default=-1),
    "voted_directory_id" / since(1, Uuid),
    "applied_offset"     / until(0, Int64),
    "current_voters"     / until(0, Nullable(Array(Struct("Voter",
        "voter_id" / Int32,
    )))),
))
QuorumState = QUORUM_STATE.type
