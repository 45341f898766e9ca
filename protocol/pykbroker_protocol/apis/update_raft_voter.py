"""UpdateRaftVoter: a voter changes its endpoints (KIP-853)."""

from ..messages import Api
from ..structs import Struct, always, tagged
from ..types import Array, Int16, Int32, Nullable, String, Uint16, Uuid

UPDATE_RAFT_VOTER = Api(
    key=82, name="UpdateRaftVoter", versions=(0, 0), flexible=0,
    request=Struct(
        "cluster_id"            / Nullable(String),
        "current_leader_epoch"  / Int32,
        "voter_id"              / Int32,
        "voter_directory_id"    / Uuid,
        "listeners"             / Array(Struct("Listener",
            "name" / String,
            "host" / String,
            "port" / Uint16,
        )),
        "kraft_version_feature" / Struct("KRaftVersionFeature",
            "min_supported_version" / Int16,
            "max_supported_version" / Int16,
        ),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "current_leader"   / tagged(0, Struct("CurrentLeader",
            "leader_id"    / always(Int32, default=-1),
            "leader_epoch" / always(Int32, default=-1),
            "host"         / String,
            "port"         / Int32,
        )),
    ),
)
UpdateRaftVoterRequest, UpdateRaftVoterResponse = UPDATE_RAFT_VOTER.types
