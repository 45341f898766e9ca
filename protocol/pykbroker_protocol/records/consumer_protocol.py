"""What members of a classic group tell each other through the coordinator, which only looks for the topics."""

from ..messages import Message, NEVER
from ..structs import Struct, always, since
from ..types import Array, Bytes, Int32, Nullable, String

CONSUMER_PROTOCOL_SUBSCRIPTION = Message("ConsumerProtocolSubscription", versions=(0, 3), flexible=NEVER, struct=Struct(
    "topics"           / Array(String),
    "user_data"        / always(Nullable(Bytes), default=None),
    "owned_partitions" / since(1, Array(Struct("TopicPartition",
        "topic"      / String,
        "partitions" / Array(Int32),
    ))),
    "generation_id"    / since(2, Int32, default=-1),
    "rack_id"          / since(3, Nullable(String), default=None),
))
ConsumerProtocolSubscription = CONSUMER_PROTOCOL_SUBSCRIPTION.type

CONSUMER_PROTOCOL_ASSIGNMENT = Message("ConsumerProtocolAssignment", versions=(0, 3), flexible=NEVER, struct=Struct(
    "assigned_partitions" / Array(Struct("TopicPartition",
        "topic"      / String,
        "partitions" / Array(Int32),
    )),
    "user_data"           / always(Nullable(Bytes), default=None),
))
ConsumerProtocolAssignment = CONSUMER_PROTOCOL_ASSIGNMENT.type
