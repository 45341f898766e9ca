"""DescribeUserScramCredentials: which SCRAM credentials users have."""

from ..messages import Api
from ..structs import Struct
from ..types import Array, Int16, Int32, Int8, Nullable, String

DESCRIBE_USER_SCRAM_CREDENTIALS = Api(
    key=50, name="DescribeUserScramCredentials", versions=(0, 0), flexible=0,
    request=Struct(
        "users" / Nullable(Array(Struct("UserName",
            "name" / String,
        ))),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "error_message"    / Nullable(String),
        "results"          / Array(Struct("DescribeUserScramCredentialsResult",
            "user"             / String,
            "error_code"       / Int16,
            "error_message"    / Nullable(String),
            "credential_infos" / Array(Struct("CredentialInfo",
                "mechanism"  / Int8,
                "iterations" / Int32,
            )),
        )),
    ),
)
DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse = DESCRIBE_USER_SCRAM_CREDENTIALS.types
