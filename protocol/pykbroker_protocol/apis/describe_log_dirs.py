"""DescribeLogDirs: what lies in the log directories of a broker, and how large it is."""

from ..messages import Api
from ..structs import Struct, since
from ..types import Array, Bool, Int16, Int32, Int64, Nullable, String

DESCRIBE_LOG_DIRS = Api(
    key=35, name="DescribeLogDirs", versions=(1, 5), flexible=2,
    request=Struct(
        "topics" / Nullable(Array(Struct("DescribableLogDirTopic",
            "topic"      / String,
            "partitions" / Array(Int32),
        ))),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / since(3, Int16),
        "results"          / Array(Struct("DescribeLogDirsResult",
            "error_code"   / Int16,
            "log_dir"      / String,
            "topics"       / Array(Struct("DescribeLogDirsTopic",
                "name"       / String,
                "partitions" / Array(Struct("DescribeLogDirsPartition",
                    "partition_index" / Int32,
                    "partition_size"  / Int64,
                    "offset_lag"      / Int64,
                    "is_future_key"   / Bool,
                )),
            )),
            "total_bytes"  / since(4, Int64, default=-1),
            "usable_bytes" / since(4, Int64, default=-1),
            "is_cordoned"  / since(5, Bool),
        )),
    ),
)
DescribeLogDirsRequest, DescribeLogDirsResponse = DESCRIBE_LOG_DIRS.types
