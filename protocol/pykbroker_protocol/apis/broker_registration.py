"""BrokerRegistration: a broker tells the controller that it exists."""

from ..messages import Api
from ..structs import Struct, always, since
from ..types import Array, Bool, Int16, Int32, Int64, Nullable, String, Uint16, Uuid

BROKER_REGISTRATION = Api(
    key=62, name="BrokerRegistration", versions=(0, 4), flexible=0,
    request=Struct(
        "broker_id"              / Int32,
        "cluster_id"             / String,
        "incarnation_id"         / Uuid,
        "listeners"              / Array(Struct("Listener",
            "name"              / String,
            "host"              / String,
            "port"              / Uint16,
            "security_protocol" / Int16,
        )),
        "features"               / Array(Struct("Feature",
            "name"                  / String,
            "min_supported_version" / Int16,
            "max_supported_version" / Int16,
        )),
        "rack"                   / Nullable(String),
        "is_migrating_zk_broker" / since(1, Bool),
        "log_dirs"               / since(2, Array(Uuid)),
        "previous_broker_epoch"  / since(3, Int64, default=-1),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "broker_epoch"     / always(Int64, default=-1),
    ),
)
BrokerRegistrationRequest, BrokerRegistrationResponse = BROKER_REGISTRATION.types
