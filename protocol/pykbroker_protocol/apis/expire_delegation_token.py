"""ExpireDelegationToken: a delegation token ends earlier, or now."""

from ..messages import Api
from ..structs import Struct
from ..types import Bytes, Int16, Int32, Int64

EXPIRE_DELEGATION_TOKEN = Api(
    key=40, name="ExpireDelegationToken", versions=(1, 2), flexible=2,
    request=Struct(
        "hmac"                  / Bytes,
        "expiry_time_period_ms" / Int64,
    ),
    response=Struct(
        "error_code"          / Int16,
        "expiry_timestamp_ms" / Int64,
        "throttle_time_ms"    / Int32,
    ),
)
ExpireDelegationTokenRequest, ExpireDelegationTokenResponse = EXPIRE_DELEGATION_TOKEN.types
