"""DeleteRecords: the start of partitions moves up to an offset."""

from ..messages import Api
from ..structs import Struct
from ..types import Array, Int16, Int32, Int64, String

DELETE_RECORDS = Api(
    key=21, name="DeleteRecords", versions=(0, 2), flexible=2,
    request=Struct(
        "topics"     / Array(Struct("DeleteRecordsTopic",
            "name"       / String,
            "partitions" / Array(Struct("DeleteRecordsPartition",
                "partition_index" / Int32,
                "offset"          / Int64,
            )),
        )),
        "timeout_ms" / Int32,
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "topics"           / Array(Struct("DeleteRecordsTopicResult",
            "name"       / String,
            "partitions" / Array(Struct("DeleteRecordsPartitionResult",
                "partition_index" / Int32,
                "low_watermark"   / Int64,
                "error_code"      / Int16,
            )),
        )),
    ),
)
DeleteRecordsRequest, DeleteRecordsResponse = DELETE_RECORDS.types
