"""DescribeAcls: the access control entries that match a filter."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Int16, Int32, Int8, Nullable, String

DESCRIBE_ACLS = Api(
    key=29, name="DescribeAcls", versions=(1, 3), flexible=2,
    request=Struct(
        "resource_type_filter" / Int8,
        "resource_name_filter" / Nullable(String),
        "pattern_type_filter"  / always(Int8, default=3),
        "principal_filter"     / Nullable(String),
        "host_filter"          / Nullable(String),
        "operation"            / Int8,
        "permission_type"      / Int8,
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "error_message"    / Nullable(String),
        "resources"        / Array(Struct("DescribeAclsResource",
            "resource_type" / Int8,
            "resource_name" / String,
            "pattern_type"  / always(Int8, default=3),
            "acls"          / Array(Struct("AclDescription",
                "principal"       / String,
                "host"            / String,
                "operation"       / Int8,
                "permission_type" / Int8,
            )),
        )),
    ),
)
DescribeAclsRequest, DescribeAclsResponse = DESCRIBE_ACLS.types
