"""InitProducerId: an idempotent or transactional producer gets its id and epoch."""

from ..messages import Api
from ..structs import Struct, always, since
from ..types import Bool, Int16, Int32, Int64, Nullable, String

INIT_PRODUCER_ID = Api(
    key=22, name="InitProducerId", versions=(0, 6), flexible=2, latest_unstable=True,
    request=Struct(
        "transactional_id"       / Nullable(String),
        "transaction_timeout_ms" / Int32,
        "producer_id"            / since(3, Int64, default=-1),
        "producer_epoch"         / since(3, Int16, default=-1),
        "enable2_pc"             / since(6, Bool),
        "keep_prepared_txn"      / since(6, Bool),
    ),
    response=Struct(
        "throttle_time_ms"           / Int32,
        "error_code"                 / Int16,
        "producer_id"                / always(Int64, default=-1),
        "producer_epoch"             / Int16,
        "ongoing_txn_producer_id"    / since(6, Int64, default=-1),
        "ongoing_txn_producer_epoch" / since(6, Int16, default=-1),
    ),
)
InitProducerIdRequest, InitProducerIdResponse = INIT_PRODUCER_ID.types
