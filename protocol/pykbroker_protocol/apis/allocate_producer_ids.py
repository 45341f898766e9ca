"""AllocateProducerIds: a broker takes a block of producer ids."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Int16, Int32, Int64

ALLOCATE_PRODUCER_IDS = Api(
    key=67, name="AllocateProducerIds", versions=(0, 0), flexible=0,
    request=Struct(
        "broker_id"    / Int32,
        "broker_epoch" / always(Int64, default=-1),
    ),
    response=Struct(
        "throttle_time_ms"  / Int32,
        "error_code"        / Int16,
        "producer_id_start" / Int64,
        "producer_id_len"   / Int32,
    ),
)
AllocateProducerIdsRequest, AllocateProducerIdsResponse = ALLOCATE_PRODUCER_IDS.types
