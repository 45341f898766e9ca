"""ListTransactions: the transactional ids that a broker coordinates."""

from ..messages import Api
from ..structs import Struct, since
from ..types import Array, Int16, Int32, Int64, Nullable, String

LIST_TRANSACTIONS = Api(
    key=66, name="ListTransactions", versions=(0, 2), flexible=0,
    request=Struct(
        "state_filters"            / Array(String),
        "producer_id_filters"      / Array(Int64),
        "duration_filter"          / since(1, Int64, default=-1),
        "transactional_id_pattern" / since(2, Nullable(String), default=None),
    ),
    response=Struct(
        "throttle_time_ms"      / Int32,
        "error_code"            / Int16,
        "unknown_state_filters" / Array(String),
        "transaction_states"    / Array(Struct("TransactionState",
            "transactional_id"  / String,
            "producer_id"       / Int64,
            "transaction_state" / String,
        )),
    ),
)
ListTransactionsRequest, ListTransactionsResponse = LIST_TRANSACTIONS.types
