"""ApiVersions: what a broker serves, in which versions, and its features."""

from ..messages import Api
from ..structs import Struct, since, tagged
from ..types import Array, Bool, Int16, Int32, Int64, String

API_VERSIONS = Api(
    key=18, name="ApiVersions", versions=(0, 4), flexible=3,
    request=Struct(
        "client_software_name"    / since(3, String),
        "client_software_version" / since(3, String),
    ),
    response=Struct(
        "error_code"               / Int16,
        "api_keys"                 / Array(Struct("ApiVersion",
            "api_key"     / Int16,
            "min_version" / Int16,
            "max_version" / Int16,
        )),
        "throttle_time_ms"         / since(1, Int32),
        "supported_features"       / tagged(0, since(3, Array(Struct("SupportedFeatureKey",
            "name"        / String,
            "min_version" / Int16,
            "max_version" / Int16,
        )))),
        "finalized_features_epoch" / tagged(1, since(3, Int64, default=-1)),
        "finalized_features"       / tagged(2, since(3, Array(Struct("FinalizedFeatureKey",
            "name"              / String,
            "max_version_level" / Int16,
            "min_version_level" / Int16,
        )))),
        "zk_migration_ready"       / tagged(3, since(3, Bool)),
    ),
)
ApiVersionsRequest, ApiVersionsResponse = API_VERSIONS.types
