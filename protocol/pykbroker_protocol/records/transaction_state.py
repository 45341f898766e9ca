"""Records of `__transaction_state`: where each transactional id stands."""

from ..messages import Message, NEVER
from ..structs import Struct, since, tagged
from ..types import Array, Int16, Int32, Int64, Int8, Nullable, String

TRANSACTION_LOG_KEY = Message("TransactionLogKey", versions=(0, 0), flexible=NEVER, record_type=0, struct=Struct(
    "transactional_id" / String,
))
TransactionLogKey = TRANSACTION_LOG_KEY.type

TRANSACTION_LOG_VALUE = Message("TransactionLogValue", versions=(0, 1), flexible=1, record_type=0, struct=Struct(
    "producer_id"                          / Int64,
    "previous_producer_id"                 / tagged(0, since(1, Int64, default=-1)),
    "next_producer_id"                     / tagged(1, since(1, Int64, default=-1)),
    "producer_epoch"                       / Int16,
    "next_producer_epoch"                  / tagged(3, since(1, Int16, default=-1)),
    "transaction_timeout_ms"               / Int32,
    "transaction_status"                   / Int8,
    "transaction_partitions"               / Nullable(Array(Struct("PartitionsSchema",
        "topic"         / String,
        "partition_ids" / Array(Int32),
    ))),
    "transaction_last_update_timestamp_ms" / Int64,
    "transaction_start_timestamp_ms"       / Int64,
    "client_transaction_version"           / tagged(2, since(1, Int16)),
))
TransactionLogValue = TRANSACTION_LOG_VALUE.type
