"""SaslAuthenticate: one step of a SASL exchange."""

from ..messages import Api
from ..structs import Struct, since
from ..types import Bytes, Int16, Int64, Nullable, String

SASL_AUTHENTICATE = Api(
    key=36, name="SaslAuthenticate", versions=(0, 2), flexible=2,
    request=Struct(
        "auth_bytes" / Bytes,
    ),
    response=Struct(
        "error_code"          / Int16,
        "error_message"       / Nullable(String),
        "auth_bytes"          / Bytes,
        "session_lifetime_ms" / since(1, Int64),
    ),
)
SaslAuthenticateRequest, SaslAuthenticateResponse = SASL_AUTHENTICATE.types
