"""AddOffsetsToTxn: a group's offsets become part of a transaction."""

from ..messages import Api
from ..structs import Struct
from ..types import Int16, Int32, Int64, String

ADD_OFFSETS_TO_TXN = Api(
    key=25, name="AddOffsetsToTxn", versions=(0, 4), flexible=3,
    request=Struct(
        "transactional_id" / String,
        "producer_id"      / Int64,
        "producer_epoch"   / Int16,
        "group_id"         / String,
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
    ),
)
AddOffsetsToTxnRequest, AddOffsetsToTxnResponse = ADD_OFFSETS_TO_TXN.types
