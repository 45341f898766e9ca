"""AlterUserScramCredentials: SCRAM credentials of users come and go."""

from ..messages import Api
from ..structs import Struct
from ..types import Array, Bytes, Int16, Int32, Int8, Nullable, String

ALTER_USER_SCRAM_CREDENTIALS = Api(
    key=51, name="AlterUserScramCredentials", versions=(0, 0), flexible=0,
    request=Struct(
        "deletions"  / Array(Struct("ScramCredentialDeletion",
            "name"      / String,
            "mechanism" / Int8,
        )),
        "upsertions" / Array(Struct("ScramCredentialUpsertion",
            "name"            / String,
            "mechanism"       / Int8,
            "iterations"      / Int32,
            "salt"            / Bytes,
            "salted_password" / Bytes,
        )),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "results"          / Array(Struct("AlterUserScramCredentialsResult",
            "user"          / String,
            "error_code"    / Int16,
            "error_message" / Nullable(String),
        )),
    ),
)
AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse = ALTER_USER_SCRAM_CREDENTIALS.types
