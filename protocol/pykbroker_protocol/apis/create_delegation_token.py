"""CreateDelegationToken: a token that authenticates in the name of its owner."""

from ..messages import Api
from ..structs import Struct, since
from ..types import Array, Bytes, Int16, Int32, Int64, Nullable, String

CREATE_DELEGATION_TOKEN = Api(
    key=38, name="CreateDelegationToken", versions=(1, 3), flexible=2,
    request=Struct(
        "owner_principal_type" / since(3, Nullable(String)),
        "owner_principal_name" / since(3, Nullable(String)),
        "renewers"             / Array(Struct("CreatableRenewers",
            "principal_type" / String,
            "principal_name" / String,
        )),
        "max_lifetime_ms"      / Int64,
    ),
    response=Struct(
        "error_code"                     / Int16,
        "principal_type"                 / String,
        "principal_name"                 / String,
        "token_requester_principal_type" / since(3, String),
        "token_requester_principal_name" / since(3, String),
        "issue_timestamp_ms"             / Int64,
        "expiry_timestamp_ms"            / Int64,
        "max_timestamp_ms"               / Int64,
        "token_id"                       / String,
        "hmac"                           / Bytes,
        "throttle_time_ms"               / Int32,
    ),
)
CreateDelegationTokenRequest, CreateDelegationTokenResponse = CREATE_DELEGATION_TOKEN.types
