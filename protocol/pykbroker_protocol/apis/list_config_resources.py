"""ListConfigResources: the resources that have configuration."""

from ..messages import Api
from ..structs import Struct, since
from ..types import Array, Int16, Int32, Int8, String

LIST_CONFIG_RESOURCES = Api(
    key=74, name="ListConfigResources", versions=(0, 1), flexible=0,
    request=Struct(
        "resource_types" / since(1, Array(Int8)),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "config_resources" / Array(Struct("ConfigResource",
            "resource_name" / String,
            "resource_type" / since(1, Int8, default=16),
        )),
    ),
)
ListConfigResourcesRequest, ListConfigResourcesResponse = LIST_CONFIG_RESOURCES.types
