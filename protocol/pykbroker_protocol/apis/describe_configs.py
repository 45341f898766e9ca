"""DescribeConfigs: the configuration of resources, with source, synonyms and documentation."""

from ..messages import Api
from ..structs import Struct, always, since
from ..types import Array, Bool, Int16, Int32, Int8, Nullable, String

DESCRIBE_CONFIGS = Api(
    key=32, name="DescribeConfigs", versions=(1, 4), flexible=4,
    request=Struct(
        "resources"             / Array(Struct("DescribeConfigsResource",
            "resource_type"      / Int8,
            "resource_name"      / String,
            "configuration_keys" / Nullable(Array(String)),
        )),
        "include_synonyms"      / Bool,
        "include_documentation" / since(3, Bool),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "results"          / Array(Struct("DescribeConfigsResult",
            "error_code"    / Int16,
            "error_message" / Nullable(String),
            "resource_type" / Int8,
            "resource_name" / String,
            "configs"       / Array(Struct("DescribeConfigsResourceResult",
                "name"          / String,
                "value"         / Nullable(String),
                "read_only"     / Bool,
                "config_source" / always(Int8, default=-1),
                "is_sensitive"  / Bool,
                "synonyms"      / Array(Struct("DescribeConfigsSynonym",
                    "name"   / String,
                    "value"  / Nullable(String),
                    "source" / Int8,
                )),
                "config_type"   / since(3, Int8),
                "documentation" / since(3, Nullable(String)),
            )),
        )),
    ),
)
DescribeConfigsRequest, DescribeConfigsResponse = DESCRIBE_CONFIGS.types
