"""DeleteTopics: topics go, with all their records."""

from ..messages import Api
from ..structs import Struct, always, since, until
from ..types import Array, Int16, Int32, Nullable, String, Uuid

DELETE_TOPICS = Api(
    key=20, name="DeleteTopics", versions=(1, 6), flexible=4,
    request=Struct(
        "topics"      / since(6, Array(Struct("DeleteTopicState",
            "name"     / always(Nullable(String), default=None),
            "topic_id" / Uuid,
        ))),
        "topic_names" / until(5, Array(String)),
        "timeout_ms"  / Int32,
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "responses"        / Array(Struct("DeletableTopicResult",
            "name"          / Nullable(String, since=6),
            "topic_id"      / since(6, Uuid),
            "error_code"    / Int16,
            "error_message" / since(5, Nullable(String), default=None),
        )),
    ),
)
DeleteTopicsRequest, DeleteTopicsResponse = DELETE_TOPICS.types
