"""UnregisterBroker: a broker is taken off the books."""

from ..messages import Api
from ..structs import Struct
from ..types import Int16, Int32, Nullable, String

UNREGISTER_BROKER = Api(
    key=64, name="UnregisterBroker", versions=(0, 0), flexible=0,
    request=Struct(
        "broker_id" / Int32,
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "error_message"    / Nullable(String),
    ),
)
UnregisterBrokerRequest, UnregisterBrokerResponse = UNREGISTER_BROKER.types
