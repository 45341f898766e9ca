"""WriteTxnMarkers: a transaction coordinator has its markers written to partitions."""

from ..messages import Api
from ..structs import Struct, since
from ..types import Array, Bool, Int16, Int32, Int64, Int8, String

WRITE_TXN_MARKERS = Api(
    key=27, name="WriteTxnMarkers", versions=(1, 2), flexible=1,
    request=Struct(
        "markers" / Array(Struct("WritableTxnMarker",
            "producer_id"         / Int64,
            "producer_epoch"      / Int16,
            "transaction_result"  / Bool,
            "topics"              / Array(Struct("WritableTxnMarkerTopic",
                "name"              / String,
                "partition_indexes" / Array(Int32),
            )),
            "coordinator_epoch"   / Int32,
            "transaction_version" / since(2, Int8),
        )),
    ),
    response=Struct(
        "markers" / Array(Struct("WritableTxnMarkerResult",
            "producer_id" / Int64,
            "topics"      / Array(Struct("WritableTxnMarkerTopicResult",
                "name"       / String,
                "partitions" / Array(Struct("WritableTxnMarkerPartitionResult",
                    "partition_index" / Int32,
                    "error_code"      / Int16,
                )),
            )),
        )),
    ),
)
WriteTxnMarkersRequest, WriteTxnMarkersResponse = WRITE_TXN_MARKERS.types
