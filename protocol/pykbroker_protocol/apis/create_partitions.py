"""CreatePartitions: topics get more partitions."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Array, Bool, Int16, Int32, Nullable, String

CREATE_PARTITIONS = Api(
    key=37, name="CreatePartitions", versions=(0, 3), flexible=2,
    request=Struct(
        "topics"        / Array(Struct("CreatePartitionsTopic",
            "name"        / String,
            "count"       / Int32,
            "assignments" / Nullable(Array(Struct("CreatePartitionsAssignment",
                "broker_ids" / Array(Int32),
            ))),
        )),
        "timeout_ms"    / Int32,
        "validate_only" / Bool,
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "results"          / Array(Struct("CreatePartitionsTopicResult",
            "name"          / String,
            "error_code"    / Int16,
            "error_message" / always(Nullable(String), default=None),
        )),
    ),
)
CreatePartitionsRequest, CreatePartitionsResponse = CREATE_PARTITIONS.types
