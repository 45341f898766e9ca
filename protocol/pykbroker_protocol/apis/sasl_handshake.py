"""SaslHandshake: the client names the SASL mechanism that it will use."""

from ..messages import Api, NEVER
from ..structs import Struct
from ..types import Array, Int16, String

SASL_HANDSHAKE = Api(
    key=17, name="SaslHandshake", versions=(0, 1), flexible=NEVER,
    request=Struct(
        "mechanism" / String,
    ),
    response=Struct(
        "error_code" / Int16,
        "mechanisms" / Array(String),
    ),
)
SaslHandshakeRequest, SaslHandshakeResponse = SASL_HANDSHAKE.types
