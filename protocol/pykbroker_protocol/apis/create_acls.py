"""CreateAcls: access control entries come into being."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Int16, Int32, Int8, Nullable, String

CREATE_ACLS = Api(
    key=30, name="CreateAcls", versions=(1, 3), flexible=2,
    request=Struct(
        "creations" / Array(Struct("AclCreation",
            "resource_type"         / Int8,
            "resource_name"         / String,
            "resource_pattern_type" / always(Int8, default=3),
            "principal"             / String,
            "host"                  / String,
            "operation"             / Int8,
            "permission_type"       / Int8,
        )),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "results"          / Array(Struct("AclCreationResult",
            "error_code"    / Int16,
            "error_message" / Nullable(String),
        )),
    ),
)
CreateAclsRequest, CreateAclsResponse = CREATE_ACLS.types
