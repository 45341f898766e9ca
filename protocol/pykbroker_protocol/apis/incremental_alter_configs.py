"""IncrementalAlterConfigs: single entries of a resource's configuration change."""

from ..messages import Api
from ..structs import Struct
from ..types import Array, Bool, Int16, Int32, Int8, Nullable, String

INCREMENTAL_ALTER_CONFIGS = Api(
    key=44, name="IncrementalAlterConfigs", versions=(0, 1), flexible=1,
    request=Struct(
        "resources"     / Array(Struct("AlterConfigsResource",
            "resource_type" / Int8,
            "resource_name" / String,
            "configs"       / Array(Struct("AlterableConfig",
                "name"             / String,
                "config_operation" / Int8,
                "value"            / Nullable(String),
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
IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse = INCREMENTAL_ALTER_CONFIGS.types
