"""RenewDelegationToken: a delegation token lives longer."""

from ..messages import Api
from ..structs import Struct
from ..types import Bytes, Int16, Int32, Int64

RENEW_DELEGATION_TOKEN = Api(
    key=39, name="RenewDelegationToken", versions=(1, 2), flexible=2,
    request=Struct(
        "hmac"            / Bytes,
        "renew_period_ms" / Int64,
    ),
    response=Struct(
        "error_code"          / Int16,
        "expiry_timestamp_ms" / Int64,
        "throttle_time_ms"    / Int32,
    ),
)
RenewDelegationTokenRequest, RenewDelegationTokenResponse = RENEW_DELEGATION_TOKEN.types
