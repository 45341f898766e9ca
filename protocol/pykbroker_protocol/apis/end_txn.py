"""EndTxn: a transaction commits or aborts."""

from ..messages import Api
from ..structs import Struct, since
from ..types import Bool, Int16, Int32, Int64, String

END_TXN = Api(
    key=26, name="EndTxn", versions=(0, 5), flexible=3,
    request=Struct(
        "transactional_id" / String,
        "producer_id"      / Int64,
        "producer_epoch"   / Int16,
        "committed"        / Bool,
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "producer_id"      / since(5, Int64, default=-1),
        "producer_epoch"   / since(5, Int16, default=-1),
    ),
)
EndTxnRequest, EndTxnResponse = END_TXN.types
