"""RemoveRaftVoter: a voter leaves the metadata quorum (KIP-853)."""

from ..messages import Api
from ..structs import Struct
from ..types import Int16, Int32, Nullable, String, Uuid

REMOVE_RAFT_VOTER = Api(
    key=81, name="RemoveRaftVoter", versions=(0, 0), flexible=0,
    request=Struct(
        "cluster_id"         / Nullable(String),
        "voter_id"           / Int32,
        "voter_directory_id" / Uuid,
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "error_message"    / Nullable(String),
    ),
)
RemoveRaftVoterRequest, RemoveRaftVoterResponse = REMOVE_RAFT_VOTER.types
