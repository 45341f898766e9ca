"""GetTelemetrySubscriptions: which metrics a client shall push (KIP-714)."""

from ..messages import Api
from ..structs import Struct
from ..types import Array, Bool, Int16, Int32, Int8, String, Uuid

GET_TELEMETRY_SUBSCRIPTIONS = Api(
    key=71, name="GetTelemetrySubscriptions", versions=(0, 0), flexible=0,
    request=Struct(
        "client_instance_id" / Uuid,
    ),
    response=Struct(
        "throttle_time_ms"           / Int32,
        "error_code"                 / Int16,
        "client_instance_id"         / Uuid,
        "subscription_id"            / Int32,
        "accepted_compression_types" / Array(Int8),
        "push_interval_ms"           / Int32,
        "telemetry_max_bytes"        / Int32,
        "delta_temporality"          / Bool,
        "requested_metrics"          / Array(String),
    ),
)
GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse = GET_TELEMETRY_SUBSCRIPTIONS.types
