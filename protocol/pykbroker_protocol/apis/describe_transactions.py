"""DescribeTransactions: where transactional ids stand."""

from ..messages import Api
from ..structs import Struct
from ..types import Array, Int16, Int32, Int64, String

DESCRIBE_TRANSACTIONS = Api(
    key=65, name="DescribeTransactions", versions=(0, 0), flexible=0,
    request=Struct(
        "transactional_ids" / Array(String),
    ),
    response=Struct(
        "throttle_time_ms"   / Int32,
        "transaction_states" / Array(Struct("TransactionState",
            "error_code"                / Int16,
            "transactional_id"          / String,
            "transaction_state"         / String,
            "transaction_timeout_ms"    / Int32,
            "transaction_start_time_ms" / Int64,
            "producer_id"               / Int64,
            "producer_epoch"            / Int16,
            "topics"                    / Array(Struct("TopicData",
                "topic"      / String,
                "partitions" / Array(Int32),
            )),
        )),
    ),
)
DescribeTransactionsRequest, DescribeTransactionsResponse = DESCRIBE_TRANSACTIONS.types
