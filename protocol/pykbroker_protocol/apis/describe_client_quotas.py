"""DescribeClientQuotas: the quotas of users, client ids and addresses."""

from ..messages import Api
from ..structs import Struct
from ..types import Array, Bool, Float64, Int16, Int32, Int8, Nullable, String

DESCRIBE_CLIENT_QUOTAS = Api(
    key=48, name="DescribeClientQuotas", versions=(0, 1), flexible=1,
    request=Struct(
        "components" / Array(Struct("ComponentData",
            "entity_type" / String,
            "match_type"  / Int8,
            "match"       / Nullable(String),
        )),
        "strict"     / Bool,
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "error_message"    / Nullable(String),
        "entries"          / Nullable(Array(Struct("EntryData",
            "entity" / Array(Struct("EntityData",
                "entity_type" / String,
                "entity_name" / Nullable(String),
            )),
            "values" / Array(Struct("ValueData",
                "key"   / String,
                "value" / Float64,
            )),
        ))),
    ),
)
DescribeClientQuotasRequest, DescribeClientQuotasResponse = DESCRIBE_CLIENT_QUOTAS.types
