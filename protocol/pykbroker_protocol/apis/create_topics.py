"""CreateTopics: topics come into being, with their partitions and configs."""

from ..messages import Api
from ..structs import Struct, always, since, tagged
from ..types import Array, Bool, Int16, Int32, Int8, Nullable, String, Uuid

CREATE_TOPICS = Api(
    key=19, name="CreateTopics", versions=(2, 7), flexible=5,
    request=Struct(
        "topics"        / Array(Struct("CreatableTopic",
            "name"               / String,
            "num_partitions"     / Int32,
            "replication_factor" / Int16,
            "assignments"        / Array(Struct("CreatableReplicaAssignment",
                "partition_index" / Int32,
                "broker_ids"      / Array(Int32),
            )),
            "configs"            / Array(Struct("CreatableTopicConfig",
                "name"  / String,
                "value" / Nullable(String),
            )),
        )),
        "timeout_ms"    / always(Int32, default=60000),
        "validate_only" / Bool,
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "topics"           / Array(Struct("CreatableTopicResult",
            "name"                    / String,
            "topic_id"                / since(7, Uuid),
            "error_code"              / Int16,
            "error_message"           / Nullable(String),
            "topic_config_error_code" / tagged(0, since(5, Int16)),
            "num_partitions"          / since(5, Int32, default=-1),
            "replication_factor"      / since(5, Int16, default=-1),
            "configs"                 / since(5, Nullable(Array(Struct("CreatableTopicConfigs",
                "name"          / String,
                "value"         / Nullable(String),
                "read_only"     / Bool,
                "config_source" / always(Int8, default=-1),
                "is_sensitive"  / Bool,
            )))),
        )),
    ),
)
CreateTopicsRequest, CreateTopicsResponse = CREATE_TOPICS.types
