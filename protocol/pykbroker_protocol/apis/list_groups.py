"""ListGroups: the groups that a broker coordinates."""

from ..messages import Api
from ..structs import Struct, since
from ..types import Array, Int16, Int32, String

LIST_GROUPS = Api(
    key=16, name="ListGroups", versions=(0, 5), flexible=3,
    request=Struct(
        "states_filter" / since(4, Array(String)),
        "types_filter"  / since(5, Array(String)),
    ),
    response=Struct(
        "throttle_time_ms" / since(1, Int32),
        "error_code"       / Int16,
        "groups"           / Array(Struct("ListedGroup",
            "group_id"      / String,
            "protocol_type" / String,
            "group_state"   / since(4, String),
            "group_type"    / since(5, String),
        )),
    ),
)
ListGroupsRequest, ListGroupsResponse = LIST_GROUPS.types
