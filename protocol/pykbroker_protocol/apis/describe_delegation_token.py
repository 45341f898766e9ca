"""DescribeDelegationToken: the delegation tokens of owners."""

from ..messages import Api
from ..structs import Struct, since
from ..types import Array, Bytes, Int16, Int32, Int64, Nullable, String

DESCRIBE_DELEGATION_TOKEN = Api(
    key=41, name="DescribeDelegationToken", versions=(1, 3), flexible=2,
    request=Struct(
        "owners" / Nullable(Array(Struct("DescribeDelegationTokenOwner",
            "principal_type" / String,
            "principal_name" / String,
        ))),
    ),
    response=Struct(
        "error_code"       / Int16,
        "tokens"           / Array(Struct("DescribedDelegationToken",
            "principal_type"                 / String,
            "principal_name"                 / String,
            "token_requester_principal_type" / since(3, String),
            "token_requester_principal_name" / since(3, String),
            "issue_timestamp"                / Int64,
            "expiry_timestamp"               / Int64,
            "max_timestamp"                  / Int64,
            "token_id"                       / String,
            "hmac"                           / Bytes,
            "renewers"                       / Array(Struct("DescribedDelegationTokenRenewer",
                "principal_type" / String,
                "principal_name" / String,
            )),
        )),
        "throttle_time_ms" / Int32,
    ),
)
DescribeDelegationTokenRequest, DescribeDelegationTokenResponse = DESCRIBE_DELEGATION_TOKEN.types
