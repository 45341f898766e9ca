"""ControllerRegistration: a controller tells the others that it exists."""

from ..messages import Api
from ..structs import Struct
from ..types import Array, Bool, Int16, Int32, Nullable, String, Uint16, Uuid

CONTROLLER_REGISTRATION = Api(
    key=70, name="ControllerRegistration", versions=(0, 0), flexible=0,
    request=Struct(
        "controller_id"      / Int32,
        "incarnation_id"     / Uuid,
        "zk_migration_ready" / Bool,
        "listeners"          / Array(Struct("Listener",
            "name"              / String,
            "host"              / String,
            "port"              / Uint16,
            "security_protocol" / Int16,
        )),
        "features"           / Array(Struct("Feature",
            "name"                  / String,
            "min_supported_version" / Int16,
            "max_supported_version" / Int16,
        )),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "error_message"    / Nullable(String),
    ),
)
ControllerRegistrationRequest, ControllerRegistrationResponse = CONTROLLER_REGISTRATION.types
