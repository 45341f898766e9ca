"""AddRaftVoter: a voter joins the metadata quorum (KIP-853)."""

from ..messages import Api
from ..structs import Struct, since
from ..types import Array, Bool, Int16, Int32, Nullable, String, Uint16, Uuid

ADD_RAFT_VOTER = Api(
    key=80, name="AddRaftVoter", versions=(0, 1), flexible=0,
    request=Struct(
        "cluster_id"         / Nullable(String),
        "timeout_ms"         / Int32,
        "voter_id"           / Int32,
        "voter_directory_id" / Uuid,
        "listeners"          / Array(Struct("Listener",
            "name" / String,
            "host" / String,
            "port" / Uint16,
        )),
        "ack_when_committed" / since(1, Bool, default=True),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "error_message"    / Nullable(String),
    ),
)
AddRaftVoterRequest, AddRaftVoterResponse = ADD_RAFT_VOTER.types
