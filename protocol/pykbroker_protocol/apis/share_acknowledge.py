"""ShareAcknowledge: a share-group member acknowledges records (KIP-932)."""

from ..messages import Api
from ..structs import Struct, always, since
from ..types import Array, Bool, Int16, Int32, Int64, Int8, Nullable, String, Uuid

SHARE_ACKNOWLEDGE = Api(
    key=79, name="ShareAcknowledge", versions=(1, 2), flexible=0,
    request=Struct(
        "group_id"            / always(Nullable(String), default=None),
        "member_id"           / Nullable(String),
        "share_session_epoch" / Int32,
        "is_renew_ack"        / since(2, Bool),
        "topics"              / Array(Struct("AcknowledgeTopic",
            "topic_id"   / Uuid,
            "partitions" / Array(Struct("AcknowledgePartition",
                "partition_index"         / Int32,
                "acknowledgement_batches" / Array(Struct("AcknowledgementBatch",
                    "first_offset"      / Int64,
                    "last_offset"       / Int64,
                    "acknowledge_types" / Array(Int8),
                )),
            )),
        )),
    ),
    response=Struct(
        "throttle_time_ms"            / Int32,
        "error_code"                  / Int16,
        "error_message"               / always(Nullable(String), default=None),
        "acquisition_lock_timeout_ms" / since(2, Int32),
        "responses"                   / Array(Struct("ShareAcknowledgeTopicResponse",
            "topic_id"   / Uuid,
            "partitions" / Array(Struct("PartitionData",
                "partition_index" / Int32,
                "error_code"      / Int16,
                "error_message"   / always(Nullable(String), default=None),
                "current_leader"  / Struct("LeaderIdAndEpoch",
                    "leader_id"    / Int32,
                    "leader_epoch" / Int32,
                ),
            )),
        )),
        "node_endpoints"              / Array(Struct("NodeEndpoint",
            "node_id" / Int32,
            "host"    / String,
            "port"    / Int32,
            "rack"    / always(Nullable(String), default=None),
        )),
    ),
)
ShareAcknowledgeRequest, ShareAcknowledgeResponse = SHARE_ACKNOWLEDGE.types
