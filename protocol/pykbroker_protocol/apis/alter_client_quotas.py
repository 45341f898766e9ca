"""AlterClientQuotas: the quotas of users, client ids and addresses change."""

from ..messages import Api
from ..structs import Struct
from ..types import Array, Bool, Float64, Int16, Int32, Nullable, String

ALTER_CLIENT_QUOTAS = Api(
    key=49, name="AlterClientQuotas", versions=(0, 1), flexible=1,
    request=Struct(
        "entries"       / Array(Struct("EntryData",
            "entity" / Array(Struct("EntityData",
                "entity_type" / String,
                "entity_name" / Nullable(String),
            )),
            "ops"    / Array(Struct("OpData",
                "key"    / String,
                "value"  / Float64,
                "remove" / Bool,
            )),
        )),
        "validate_only" / Bool,
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "entries"          / Array(Struct("EntryData",
            "error_code"    / Int16,
            "error_message" / Nullable(String),
            "entity"        / Array(Struct("EntityData",
                "entity_type" / String,
                "entity_name" / Nullable(String),
            )),
        )),
    ),
)
AlterClientQuotasRequest, AlterClientQuotasResponse = ALTER_CLIENT_QUOTAS.types
