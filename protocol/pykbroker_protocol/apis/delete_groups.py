"""DeleteGroups: empty groups go, with their offsets."""

from ..messages import Api
from ..structs import Struct
from ..types import Array, Int16, Int32, String

DELETE_GROUPS = Api(
    key=42, name="DeleteGroups", versions=(0, 2), flexible=2,
    request=Struct(
        "groups_names" / Array(String),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "results"          / Array(Struct("DeletableGroupResult",
            "group_id"   / String,
            "error_code" / Int16,
        )),
    ),
)
DeleteGroupsRequest, DeleteGroupsResponse = DELETE_GROUPS.types
