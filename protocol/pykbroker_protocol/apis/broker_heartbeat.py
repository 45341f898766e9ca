"""BrokerHeartbeat: a broker tells the controller that it lives."""

from ..messages import Api
from ..structs import Struct, always, since, tagged
from ..types import Array, Bool, Int16, Int32, Int64, Nullable, Uuid

BROKER_HEARTBEAT = Api(
    key=63, name="BrokerHeartbeat", versions=(0, 2), flexible=0,
    request=Struct(
        "broker_id"               / Int32,
        "broker_epoch"            / always(Int64, default=-1),
        "current_metadata_offset" / Int64,
        "want_fence"              / Bool,
        "want_shut_down"          / Bool,
        "offline_log_dirs"        / tagged(0, since(1, Array(Uuid))),
        "cordoned_log_dirs"       / tagged(1, since(2, Nullable(Array(Uuid)), default=None)),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "is_caught_up"     / Bool,
        "is_fenced"        / always(Bool, default=True),
        "should_shut_down" / Bool,
    ),
)
BrokerHeartbeatRequest, BrokerHeartbeatResponse = BROKER_HEARTBEAT.types
