"""AlterConfigs: a resource's whole configuration is replaced."""

from ..messages import Api
from ..structs import Struct
from ..types import Array, Bool, Int16, Int32, Int8, Nullable, String

ALTER_CONFIGS = Api(
    key=33, name="AlterConfigs", versions=(0, 2), flexible=2,
    request=Struct(
        "resources"     / Array(Struct("AlterConfigsResource",
            "resource_type" / Int8,
            "resource_name" / String,
            "configs"       / Array(Struct("AlterableConfig",
                "name"  / String,
                "value" / Nullable(String),
            )),
        )),
        "validate_only" / Bool,
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "responses"        / Array(Struct("AlterConfigsResourceResponse",
            "error_code"    / Int16,
            "error_message" / Nullable(String),
            "resource_type" / Int8,
            "resource_name" / String,
        )),
    ),
)
AlterConfigsRequest, AlterConfigsResponse = ALTER_CONFIGS.types
