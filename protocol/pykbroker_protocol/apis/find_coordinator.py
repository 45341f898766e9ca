"""FindCoordinator: which broker coordinates a group, a transactional id or a share partition."""

from ..messages import Api
from ..structs import Struct, between, since, until
from ..types import Array, Int16, Int32, Int8, Nullable, String

FIND_COORDINATOR = Api(
    key=10, name="FindCoordinator", versions=(0, 6), flexible=3,
    request=Struct(
        "key"              / until(3, String),
        "key_type"         / since(1, Int8),
        "coordinator_keys" / since(4, Array(String)),
    ),
    response=Struct(
        "throttle_time_ms" / since(1, Int32),
        "error_code"       / until(3, Int16),
        "error_message"    / between(1, 3, Nullable(String)),
        "node_id"          / until(3, Int32),
        "host"             / until(3, String),
        "port"             / until(3, Int32),
        "coordinators"     / since(4, Array(Struct("Coordinator",
            "key"           / String,
            "node_id"       / Int32,
            "host"          / String,
            "port"          / Int32,
            "error_code"    / Int16,
            "error_message" / Nullable(String),
        ))),
    ),
)
FindCoordinatorRequest, FindCoordinatorResponse = FIND_COORDINATOR.types
