"""Heartbeat: a classic-group member says it is alive and learns whether to rejoin."""

from ..messages import Api
from ..structs import Struct, since
from ..types import Int16, Int32, Nullable, String

HEARTBEAT = Api(
    key=12, name="Heartbeat", versions=(0, 4), flexible=4,
    request=Struct(
        "group_id"          / String,
        "generation_id"     / Int32,
        "member_id"         / String,
        "group_instance_id" / since(3, Nullable(String), default=None),
    ),
    response=Struct(
        "throttle_time_ms" / since(1, Int32),
        "error_code"       / Int16,
    ),
)
HeartbeatRequest, HeartbeatResponse = HEARTBEAT.types
