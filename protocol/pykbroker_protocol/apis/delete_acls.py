"""DeleteAcls: access control entries that match filters go."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Int16, Int32, Int8, Nullable, String

DELETE_ACLS = Api(
    key=31, name="DeleteAcls", versions=(1, 3), flexible=2,
    request=Struct(
        "filters" / Array(Struct("DeleteAclsFilter",
            "resource_type_filter" / Int8,
            "resource_name_filter" / Nullable(String),
            "pattern_type_filter"  / always(Int8, default=3),
            "principal_filter"     / Nullable(String),
            "host_filter"          / Nullable(String),
            "operation"            / Int8,
            "permission_type"      / Int8,
        )),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "filter_results"   / Array(Struct("DeleteAclsFilterResult",
            "error_code"    / Int16,
            "error_message" / Nullable(String),
            "matching_acls" / Array(Struct("DeleteAclsMatchingAcl",
                "error_code"      / Int16,
                "error_message"   / Nullable(String),
                "resource_type"   / Int8,
                "resource_name"   / String,
                "pattern_type"    / always(Int8, default=3),
                "principal"       / String,
                "host"            / String,
                "operation"       / Int8,
                "permission_type" / Int8,
            )),
        )),
    ),
)
DeleteAclsRequest, DeleteAclsResponse = DELETE_ACLS.types
