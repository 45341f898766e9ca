"""PushTelemetry: a client pushes its metrics (KIP-714)."""

from ..messages import Api
from ..structs import Struct
from ..types import Bool, Bytes, Int16, Int32, Int8, Uuid

PUSH_TELEMETRY = Api(
    key=72, name="PushTelemetry", versions=(0, 0), flexible=0,
    request=Struct(
        "client_instance_id" / Uuid,
        "subscription_id"    / Int32,
        "terminating"        / Bool,
        "compression_type"   / Int8,
        "metrics"            / Bytes,
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
    ),
)
PushTelemetryRequest, PushTelemetryResponse = PUSH_TELEMETRY.types
