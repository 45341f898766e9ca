"""AddPartitionsToTxn: partitions become part of a transaction."""

from ..messages import Api
from ..structs import Struct, since, until
from ..types import Array, Bool, Int16, Int32, Int64, String

_ADD_PARTITIONS_TO_TXN_TOPIC = Struct("AddPartitionsToTxnTopic",
    "name"       / String,
    "partitions" / Array(Int32),
)
_ADD_PARTITIONS_TO_TXN_PARTITION_RESULT = Struct("AddPartitionsToTxnPartitionResult",
    "partition_index"      / Int32,
    "partition_error_code" / Int16,
)
_ADD_PARTITIONS_TO_TXN_TOPIC_RESULT = Struct("AddPartitionsToTxnTopicResult",
    "name"                 / String,
    "results_by_partition" / Array(_ADD_PARTITIONS_TO_TXN_PARTITION_RESULT),
)

ADD_PARTITIONS_TO_TXN = Api(
    key=24, name="AddPartitionsToTxn", versions=(0, 5), flexible=3,
    request=Struct(
        "transactions"                  / since(4, Array(Struct("AddPartitionsToTxnTransaction",
            "transactional_id" / String,
            "producer_id"      / Int64,
            "producer_epoch"   / Int16,
            "verify_only"      / Bool,
            "topics"           / Array(_ADD_PARTITIONS_TO_TXN_TOPIC),
        ))),
        "v3_and_below_transactional_id" / until(3, String),
        "v3_and_below_producer_id"      / until(3, Int64),
        "v3_and_below_producer_epoch"   / until(3, Int16),
        "v3_and_below_topics"           / until(3, Array(_ADD_PARTITIONS_TO_TXN_TOPIC)),
    ),
    response=Struct(
        "throttle_time_ms"              / Int32,
        "error_code"                    / since(4, Int16),
        "results_by_transaction"        / since(4, Array(Struct("AddPartitionsToTxnResult",
            "transactional_id" / String,
            "topic_results"    / Array(_ADD_PARTITIONS_TO_TXN_TOPIC_RESULT),
        ))),
        "results_by_topic_v3_and_below" / until(3, Array(_ADD_PARTITIONS_TO_TXN_TOPIC_RESULT)),
    ),
)
AddPartitionsToTxnRequest, AddPartitionsToTxnResponse = ADD_PARTITIONS_TO_TXN.types
